# frozen_string_literal: true

module FastAgency
  # Tells observers of each change of a conversation's connection: one change after the other, whichever threads note
  # them, and outside of every lock, so that an observer may ask and close the conversation.
  class ConnectionWatch
    def initialize
      @lock = Mutex.new
      @observers = []
      @shown = nil
      @untold = []
      @telling = false
    end

    # @param observer [#call] takes the state
    # @param state [Symbol] what it is told first
    def observe(observer, state)
      note(state)
      @lock.synchronize do
        @observers << observer
        @untold << [observer, state]
      end
    end

    # Note the state; {#tell} tells it, if it is another one.
    #
    # @param state [Symbol]
    def note(state)
      @lock.synchronize do
        next if state == @shown

        @shown = state
        @untold.concat(@observers.map { |observer| [observer, state] })
      end
    end

    # Tell what was noted. It does nothing while another call does it.
    #
    # @raise [StandardError] what an observer raises; the rest is told by the next call
    def tell
      mine = @lock.synchronize { !@telling && (@telling = true) } or return
      while (observer, state = @lock.synchronize { @untold.shift || (@telling = mine = false) })
        observer.call(state)
      end
    ensure
      @lock.synchronize { @telling = false } if mine
    end
  end
end
