# frozen_string_literal: true

require_relative "connection"
require_relative "session_protocol"

module FastAgency
  # The connections of a {Session}, one after the other: what its thread does. Only that thread reads and writes them;
  # the bell wakes it when there is something to send, room to read on, or nothing to stay for.
  class SessionLink
    FINAL_STATUSES = [401, 403, 404].freeze
    private_constant :FINAL_STATUSES

    # Open a socket that speaks `fastagency.v1`.
    #
    # @param options [Options]
    # @param bell [Bell, nil] what gives the opening up
    # @return [Connection]
    # @raise [ServerUnreachable, RequestRefused]
    # @raise [DialectNotTaken] when the server does not take the offer (spec FA-NEG-4)
    def self.connect(options, bell = nil)
      connection = Connection.open(options, subprotocol: SessionProtocol::SUBPROTOCOL, bell: bell)
      return connection if connection.subprotocol

      connection.close(options.close_timeout)
      raise DialectNotTaken, "#{options.endpoints.ws}: the server did not take #{SessionProtocol::SUBPROTOCOL}"
    end

    # @param session [Session]
    # @param options [Options]
    # @param bell [Bell]
    def initialize(session, options, bell)
      @session = session
      @options = options
      @bell = bell
    end

    # Hold one connection after the other, until nothing follows.
    #
    # @param connection [Connection] the first one, opened
    # @return [SessionProtocol::Next] what the user is given before the end
    def hold_all(connection)
      loop do
        closure = connection ? hold(connection) : Closure.new # what cannot be opened counts as what broke
        following = change { |protocol| protocol.disconnected(closure, Deadline.now) }
        return following if following.delay.nil?

        pause(following.delay)
        connection = reopen
      end
    rescue RequestRefused => e
      refused = ConversationRefused.new(
        "the socket was refused with #{e.message}", Closure::NO_CLOSE_FRAME, "", e.detail
      )
      change { |protocol| protocol.give_up(refused) }
    end

    private

    def ask(...)
      @session.ask(...)
    end

    def change(&)
      @session.change(&)
    end

    def pause(seconds)
      deadline = Deadline.new(seconds, @bell)
      @bell.wait(deadline.remaining) until deadline.passed?
    end

    # The next connection; nil when it could not be opened, or is wanted no more.
    def reopen
      SessionLink.connect(@options, @bell) unless ask(:left?)
    rescue ServerUnreachable
      nil
    rescue RequestRefused => e
      raise if FINAL_STATUSES.include?(e.status)
    end

    # Read and write a connection until it ends.
    def hold(connection)
      connection.send_text(ask(:first_frame, Deadline.now))
      loop do
        ask(:outgoing).each { |frame| connection.send_text(frame) }
        return leave(connection) if ask(:left?)
        return Closure.new if ask(:broken?)
        next wait_for_room if @session.full?

        case connection.receive(patience, @bell)
        in [:text, text] then take { |protocol| protocol.receive_text(text, Deadline.now) }
        in [:binary, data] then take { |protocol| protocol.receive_binary(data, Deadline.now) }
        in [:closed, closure] then return closure
        in nil then next
        end
      end
    rescue TimedOut
      Closure.new # silence: the connection is dead, whatever TCP says (spec FA-LIV-1)
    ensure
      connection.close(0)
    end

    def take(&)
      @session.put_in(change(&))
    end

    def leave(connection)
      connection.close(@options.close_timeout)
      Closure.new
    end

    def wait_for_room
      @bell.wait(nil)
      ask(:heard, Deadline.now)
    end

    # How long the next frame may take. After the last message only the close is to come.
    def patience
      return @options.close_timeout if ask(:completed?)

      [ask(:deadline) - Deadline.now, 0.0].max
    end
  end
end
