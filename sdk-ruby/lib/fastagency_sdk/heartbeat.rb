# frozen_string_literal: true

module FastAgency
  # When to ping a silent server, and when to give it up: a pure computation on given times, in seconds.
  #
  # A ping is due when nothing was heard for `interval`, and the server is lost when nothing follows for as long
  # again. It is asked only while somebody reads, after all that has arrived was read: a reader that was busy
  # elsewhere takes no server for lost that has spoken meanwhile.
  class Heartbeat
    # @param interval [Numeric, nil] nil: no pings
    # @param now [Float]
    def initialize(interval, now)
      @interval = interval
      @since = now
      @waiting = false
    end

    # Note that something arrived.
    # @param now [Float]
    def heard(now)
      @since = now
      @waiting = false
    end

    # @param now [Float]
    # @return [Float, nil] the seconds until {#beat} has something to say; nil: it never has
    def remaining(now)
      @interval && [@since + @interval - now, 0.0].max
    end

    # @param now [Float]
    # @return [:ping, :lost, nil] what to do
    def beat(now)
      return unless @interval && now - @since >= @interval
      return :lost if @waiting

      @since = now
      @waiting = true
      :ping
    end
  end
end
