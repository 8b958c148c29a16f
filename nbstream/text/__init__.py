"""What words are made of: names shortened for display, secrets left out."""
