// placeholder until the decoder
