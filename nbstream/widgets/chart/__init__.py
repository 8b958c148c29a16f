"""nbstream/widgets/chart."""
