"""What the rows of a CSV file hold, read quickly where that is sure."""
