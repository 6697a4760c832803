"""The read side: frozen dataclasses made for a page or a document; nothing here writes."""
