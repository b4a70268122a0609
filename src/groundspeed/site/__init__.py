"""The site: a history as files that any web server can hand out, and the page that reads them."""
