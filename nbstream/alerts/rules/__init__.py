"""Rules at work: settings, states, one machine per channel, the book and its files."""
