"""WebSocket frames as bytes, made once however many connections get them."""

TEXT = 0x81
BINARY = 0x82
SHORT = 126
MEDIUM = 1 << 16


def text_frame(payload: bytes) -> bytes:
    """Answer a whole text frame, as a server sends it: without a mask."""
    return _head(TEXT, len(payload)) + payload


def binary_frame(payload: bytes) -> bytes:
    """Answer a whole binary frame."""
    return _head(BINARY, len(payload)) + payload


def _head(first: int, length: int) -> bytes:
    if length < SHORT:
        return bytes((first, length))
    if length < MEDIUM:
        return bytes((first, 126)) + length.to_bytes(2)
    return bytes((first, 127)) + length.to_bytes(8)
