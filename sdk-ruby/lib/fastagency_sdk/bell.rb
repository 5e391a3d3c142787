# frozen_string_literal: true

require "io/wait"

module FastAgency
  # Wakes the one thread that waits for a socket, and tells it to stop.
  class Bell
    # Wait until `io` is ready, or until the bell rings.
    #
    # @param io [IO]
    # @param events [Integer] IO::READABLE, IO::WRITABLE or both
    # @param seconds [Float, nil] nil: for ever
    # @param bell [Bell, nil] nil: nobody rings
    # @return [:ready, :rung, nil] nil when neither came in time
    # @raise [IOError] when `io` is closed meanwhile
    def self.await(io, events, seconds, bell)
      return (:ready if io.wait(events, seconds)) if bell.nil?

      read = [bell]
      read << io if events.anybits?(IO::READABLE)
      found = IO.select(read, events.anybits?(IO::WRITABLE) ? [io] : [], [], seconds)
      return if found.nil?

      bell.quiet ? :rung : :ready
    end

    def initialize
      @reader, @writer = IO.pipe
      @lock = Mutex.new
      @stopped = false
    end

    # @return [IO] readable while it rings: for IO.select
    def to_io
      @reader
    end

    # Wake who waits, or who will wait next. After {#close} it does nothing.
    def ring
      # A pipe that is full rings already.
      @lock.synchronize { @writer.write_nonblock(".", exception: false) unless @writer.closed? }
    end

    # Ring for the last time: what was begun is to be given up.
    def stop
      @stopped = true
      ring
    end

    # @return [Boolean]
    def stopped?
      @stopped
    end

    # Wait for the bell alone.
    #
    # @param seconds [Float, nil] nil: for ever
    def wait(seconds)
      quiet if @reader.wait_readable(seconds)
    end

    # Stop ringing.
    # @return [Boolean] whether it rang
    def quiet
      @reader.read_nonblock(4096, exception: false).is_a?(String)
    end

    # Let go of the pipe.
    def close
      @lock.synchronize { [@reader, @writer].each(&:close) }
    end
  end
end
