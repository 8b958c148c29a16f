"""Files of any size to look at: their rows stay where they are, and summaries of them draw the whole."""
