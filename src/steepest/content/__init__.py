"""What a page is made of: frozen records, and the renderers that draw them."""
