# frozen_string_literal: true

require_relative "byte_stream"
require_relative "frames"
require_relative "heartbeat"

module FastAgency
  # A WebSocket: {Frames} on a {ByteStream}.
  #
  # It has no thread: bytes are read, and pings answered, while somebody waits in {#receive} or {#send_text}. One thread
  # may wait in {#receive} while others send or close.
  class Connection
    PING_TIMEOUT = 1011
    # How many chunks are read to see whether the server has closed.
    AHEAD = 16
    private_constant :PING_TIMEOUT, :AHEAD

    # @param options [Options]
    # @param subprotocol [String, nil] what is offered to the server
    # @param bell [Bell, nil] what gives the opening up when it is told to stop
    # @return [Connection] opened
    # @raise [ServerUnreachable]
    # @raise [RequestRefused] when the server answers, but with an error status
    def self.open(options, subprotocol: nil, bell: nil)
      url = options.endpoints.ws
      frames = Frames.new(url, options.fresh_headers, options.max_message_size, subprotocol)
      deadline = Deadline.new(options.open_timeout, bell)
      ssl = options.ssl if url.scheme == "wss"
      stream = ByteStream.open(url.hostname, url.port, ssl, deadline)
      new(stream, frames, options).tap { |connection| connection.open(deadline) }
    rescue *ByteStream::FAILURES => e
      raise ServerUnreachable, "#{url}: #{e.message}"
    ensure
      stream&.close unless frames&.opened?
    end

    # @param stream [ByteStream]
    # @param frames [Frames]
    # @param options [Options]
    def initialize(stream, frames, options)
      @stream = stream
      @frames = frames
      @options = options
      @heartbeat = Heartbeat.new(options.ping_interval, Deadline.now)
      @lock = Mutex.new
    end

    # @return [String, nil] the subprotocol that the server took, nil when it took none
    def subprotocol
      @frames.subprotocol
    end

    # Open the WebSocket.
    #
    # @param deadline [Deadline]
    # @raise [ServerUnreachable, RequestRefused, SystemCallError, IOError, OpenSSL::SSL::SSLError]
    def open(deadline)
      exchange(deadline) { |bytes| @frames.receive(bytes) } until @frames.opened? || @frames.closure
      refused(deadline) unless @frames.opened?
    end

    # Wait for the next frame.
    #
    # @param seconds [Numeric, nil] nil: for ever
    # @param bell [Bell, nil] what may end the wait
    # @return [Array(:text, String), Array(:binary, String), Array(:closed, Closure), nil] nil when the bell rang
    # @raise [TimedOut] nothing is lost by it
    def receive(seconds, bell = nil)
      deadline = Deadline.new(seconds)
      loop do
        event = @lock.synchronize { look }
        return event if event
        raise TimedOut, "no message came within #{seconds} s" if deadline.passed?

        return if wait([deadline.remaining, @heartbeat.remaining(Deadline.now)].compact.min, bell) == :rung
      end
    end

    # @param text [String]
    # @return [Closure, nil] how the connection had ended, so that nothing could be sent; nil when it was sent
    def send_text(text)
      @lock.synchronize do
        pump(AHEAD)
        return @frames.closure if @frames.closure

        @frames.text(text)
        flush(Deadline.new(@options.timeout))
        @frames.closure
      end
    end

    # Close, and wait for the server to close too. The second time it does nothing.
    #
    # @param seconds [Numeric, nil] how long to wait
    def close(seconds)
      deadline = Deadline.new(seconds)
      @lock.synchronize do
        unless @frames.closure
          @frames.close(1000)
          goodbye(deadline)
        end
        @stream.close
      end
    end

    private

    def look
      event = @frames.shift
      return event if event

      pump(1)
      @frames.shift || (@frames.closure && [:closed, @frames.closure])
    end

    # Take some of what is there, answer pings, and ping if it is time. Not all of it: a server that never stops would
    # fill the memory with messages that nobody reads.
    def pump(chunks)
      return if @frames.closure

      read(chunks)
      beat unless @frames.closure
      write
      @stream.close if @frames.closure
    rescue *ByteStream::FAILURES
      broken
    end

    def read(chunks)
      chunks.times do
        break if @frames.closure || (bytes = @stream.read).nil?

        take(bytes)
      end
    end

    def take(bytes)
      @heartbeat.heard(Deadline.now)
      @frames.receive(bytes)
    end

    def beat
      case @heartbeat.beat(Deadline.now)
      when :ping then @frames.ping
      when :lost then @frames.close(PING_TIMEOUT, "no pong")
      end
    end

    def wait(seconds, bell)
      @stream.wait(seconds, to_write: !@frames.outgoing.empty?, bell: bell)
    rescue IOError
      nil # another thread closed it: the next look tells
    end

    # Send all that is held, and read meanwhile, so that two sides that both send never wait for each other.
    def flush(deadline)
      exchange(deadline) { |bytes| take(bytes) } until @frames.outgoing.empty? || @frames.closure
    rescue *ByteStream::FAILURES
      broken
    end

    # Send the close frame and wait for that of the server. What comes before it is read away, or a server that is busy
    # sending would never see ours.
    def goodbye(deadline)
      closed = false
      exchange(deadline) { |bytes| closed = @frames.discard(bytes) } until closed
    rescue *ByteStream::FAILURES
      nil # the server is gone, or does not answer in time: this side has closed all the same
    end

    # Write what is held and read what is there; wait when there is neither.
    def exchange(deadline)
      written = write
      bytes = @stream.read
      return yield bytes if bytes
      return if written.positive?
      raise Errno::ETIMEDOUT, "no answer" if deadline.passed?

      @stream.wait(deadline.remaining, to_write: !@frames.outgoing.empty?, bell: deadline.bell)
    end

    def write
      return 0 if @frames.outgoing.empty?

      @stream.write(@frames.outgoing).tap { |count| @frames.sent(count) }
    end

    # A failed write says nothing about what came before it and is not read yet.
    def broken
      begin
        read(AHEAD)
      rescue *ByteStream::FAILURES
        nil # there was nothing more
      end
      @stream.close
      @frames.lost
    end

    # The server answered, but opened no WebSocket.
    def refused(deadline)
      answer = @frames.handshake
      if answer.status.nil? || answer.status == 101
        raise ServerUnreachable, "#{@options.endpoints.ws}: #{@frames.closure.reason}"
      end

      begin
        exchange(deadline) { |bytes| answer.feed(bytes) } until answer.whole?
      rescue *ByteStream::FAILURES
        nil # the end of the connection is the end of the body
      end
      raise answer.refusal
    end
  end
end
