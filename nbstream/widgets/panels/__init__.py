"""nbstream/widgets/panels."""
