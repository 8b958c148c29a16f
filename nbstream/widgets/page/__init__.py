"""nbstream/widgets/page."""
