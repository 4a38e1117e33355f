"""Training of the codec: encoder, quantiser and decoder together, or a part of them."""
