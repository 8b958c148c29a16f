"""What blocks of rows come to: pyramid, summaries, moments, trailing windows, histogram, drawing bins."""
