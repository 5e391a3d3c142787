# frozen_string_literal: true

module FastAgency
  # What a server answers to the opening of a WebSocket: kept as it comes, and read when it is a refusal.
  # (websocket-driver tells the status at most, and not the body, which says why.)
  class Handshake
    # Bytes: nobody needs more of a refusal's body.
    LONGEST = 64 * 1024
    BLANK_LINE = /\r?\n\r?\n/n
    private_constant :LONGEST, :BLANK_LINE

    def initialize
      @held = "".b
    end

    # @param bytes [String]
    def feed(bytes)
      @held << bytes
    end

    # @return [String] what followed the head: the first frames, or the body
    def rest
      @held.partition(BLANK_LINE).last
    end

    # @return [Integer, nil] the HTTP status, nil while there is none
    def status
      @held[%r{\AHTTP/1\.\d (\d{3})}n, 1]&.to_i
    end

    # @param name [String]
    # @return [String, nil]
    def [](name)
      head = @held.partition(BLANK_LINE).first
      head[/^#{Regexp.escape(name)}:[ \t]*([^\r\n]*?)[ \t]*\r?$/ni, 1]
    end

    # @return [Boolean] whether the whole answer is there, as far as its length is told
    def whole?
      return false unless @held.match?(BLANK_LINE)

      rest.bytesize >= (self["Content-Length"] || LONGEST).to_i.clamp(0, LONGEST)
    end

    # @return [RequestRefused]
    def refusal
      Rest.refusal(nil, status, self, rest)
    end
  end
end
