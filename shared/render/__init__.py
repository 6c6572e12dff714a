"""Pure makers of bytes: pictures, codes, documents. No clock, no network, no database."""
