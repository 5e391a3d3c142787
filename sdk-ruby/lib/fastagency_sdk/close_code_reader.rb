# frozen_string_literal: true

module FastAgency
  # Finds the code of the close frame in what a server sends.
  #
  # websocket-driver knows only the codes of RFC 6455's first edition: it reports 1012 to 1014 as 1002, and a close
  # frame without a code as 1000. 1012 is what a server that restarts closes with (spec FA-CLS). So this follows the
  # frames by their headers alone (RFC 6455, 5.2), beside the driver, which judges them.
  class CloseCodeReader
    # A close frame without a code (RFC 6455, 7.1.5).
    NO_CODE = 1005

    CLOSE = 8
    SIZES = { 126 => [4, "n"], 127 => [10, "Q>"] }.freeze
    private_constant :CLOSE, :SIZES

    # @return [Integer, nil] the code, {NO_CODE} when the frame has none, nil while no close frame came
    attr_reader :code

    def initialize
      @held = "".b
      @skip = 0
      @code = nil
    end

    # @param bytes [String] the next that the server sent, after the handshake
    def feed(bytes)
      # What is skipped is never kept.
      skipped = [@skip, bytes.bytesize].min
      @skip -= skipped
      @held << bytes.byteslice(skipped..)
      nil while @code.nil? && @skip.zero? && frame
    end

    private

    # Cut one frame off; nil when more bytes are needed.
    def frame
      return if @held.bytesize < 2

      header, format = SIZES.fetch(@held.getbyte(1) & 0x7f, [2, nil])
      return if @held.bytesize < header

      size = format ? @held.byteslice(2, header - 2).unpack1(format) : @held.getbyte(1) & 0x7f
      return close(header, size) if @held.getbyte(0) & 0x0f == CLOSE

      @skip = [header + size - @held.bytesize, 0].max
      @held = @held.byteslice((header + size)..) || "".b
      true
    end

    def close(header, size)
      return if @held.bytesize < header + [size, 2].min

      @code = size < 2 ? NO_CODE : @held.byteslice(header, 2).unpack1("n")
    end
  end
end
