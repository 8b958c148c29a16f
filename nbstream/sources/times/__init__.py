"""What texts and numbers are as times."""
