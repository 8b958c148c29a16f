"""What every widget shares on its way to a page: link, scripts, styles, messages."""
