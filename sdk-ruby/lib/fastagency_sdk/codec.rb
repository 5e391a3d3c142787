# frozen_string_literal: true

# Text to typed values and back: the wire format.
module FastAgency
  class << self
    # Decode one text frame from a server.
    #
    # A frame without `type` is a `text_message`; fields that are not known are left to {Value#raw_text}; a type
    # that is not known gives an {Unknown}.
    #
    # @param text [String]
    # @return [Value] one of the messages, or {Unknown}
    # @raise [MalformedMessage] when the frame is no JSON object, or of a known type with a field missing or of
    #   the wrong type: the first one is named
    def decode(text)
      decode_as(ServerMessage, text)
    end

    # Decode JSON of another type of the spec.
    #
    # @param type [Object] a class of {Value}, or one of {Types}
    # @param text [String]
    # @return [Object]
    # @raise [MalformedMessage]
    def decode_as(type, text)
      value = type.read(StrictJSON.parse(text))
      value.is_a?(Value) ? value.with_raw_text(text) : value
    rescue StrictJSON::ParseError, Mismatch => e
      raise MalformedMessage.new(e.message, text)
    end

    # Encode a message or another JSON value.
    #
    # @param value [Object] see {StrictJSON.generate}
    # @return [String] strict JSON, in UTF-8
    # @raise [ArgumentError] for what JSON cannot say (spec FA-CLA-7)
    def encode(value)
      StrictJSON.generate(value)
    end
  end
end
