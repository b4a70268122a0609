"""One report value, many formats: text, Markdown, JSON. Renderers turn a value into text, no more."""
