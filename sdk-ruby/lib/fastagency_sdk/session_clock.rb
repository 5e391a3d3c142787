# frozen_string_literal: true

module FastAgency
  # The times of a conversation of `fastagency.v1`: when a connection is dead, when to try the next one, and when there
  # is nothing left to try for (spec FA-LIV-1, FA-LIV-2). A pure computation on given times, in seconds.
  class SessionClock
    # After how many heartbeats without one the connection is dead.
    SILENCES = 1.5
    private_constant :SILENCES

    # @param reconnect [Reconnect]
    # @param now [Float]
    def initialize(reconnect, now)
      @reconnect = reconnect
      @silence = reconnect.patience
      @detached_seconds = reconnect.patience
      @attempt = 0
      @heard = @gone_since = now
    end

    # Take the server's own limits.
    #
    # @param ready [SessionReady]
    def ready(ready)
      @silence = SILENCES * ready.heartbeat_seconds
      @detached_seconds = ready.detached_seconds
    end

    # Note that something arrived, or that it is listened for from here on.
    #
    # @param now [Float]
    def heard(now)
      @heard = now
    end

    # Note that the conversation has got on: the next wait is a short one again.
    def progress
      @attempt = 0
    end

    # Note that there is a session.
    #
    # @param now [Float]
    def held(now)
      @gone_since = now
    end

    # @return [Float] when the connection is dead if nothing is heard until then
    def deadline
      @heard + @silence
    end

    # @param closure [Closure] how the last connection ended
    # @param now [Float]
    # @return [Numeric, nil] the seconds until the next attempt, nil to give up
    def delay(closure, now)
      @attempt += 1
      delay = @reconnect.delay(closure, @attempt)
      delay if delay && now + delay - @gone_since <= @detached_seconds
    end
  end
end
