# frozen_string_literal: true

# The errors of the SDK:
#
#   Error
#   ├── ServerUnreachable          no connection to the server, or it broke before there was a conversation
#   │   └── DialectNotTaken        the server speaks classic alone, and a conversation is to be resumed
#   ├── RequestRefused             a request was answered with an error status
#   ├── MalformedMessage           the server sent something that is not what it should be
#   ├── ConversationError          the conversation cannot go on
#   │   ├── ConversationRefused    the server closed with a code that says what was wrong
#   │   └── ConversationLost       the connection ended before the workflow did
#   ├── NotAsked                   an answer while nothing is asked, or one that the question does not allow
#   └── TimedOut                   no message came in time; nothing is lost
#
# (The `error` message of the protocol is {FastAgency::ErrorMessage}.)
module FastAgency
  # Every error that the SDK raises, but for ArgumentError.
  class Error < StandardError; end

  # There is no connection to the server, or it broke before there was a conversation.
  class ServerUnreachable < Error; end

  # The server did not take `fastagency.v1`, without which nothing can be resumed (spec FA-NEG-4).
  class DialectNotTaken < ServerUnreachable; end

  # A request, or the opening of the WebSocket, was answered with an error status.
  class RequestRefused < Error
    # @return [Integer] the HTTP status
    attr_reader :status
    # @return [String] what the server said, as one sentence
    attr_reader :detail
    # @return [Float, nil] seconds to wait before the next try, nil when the server does not say
    attr_reader :retry_after

    # @param status [Integer]
    # @param detail [String]
    # @param retry_after [Float, nil]
    def initialize(status, detail, retry_after = nil)
      super("#{status}: #{detail}")
      @status = status
      @detail = detail
      @retry_after = retry_after
    end
  end

  # The server sent a frame or a response that is not what it should be.
  class MalformedMessage < Error
    # @return [String] what arrived; bytes that are not UTF-8 stand in it as replacement characters
    attr_reader :text

    # @param why [String]
    # @param text [String]
    def initialize(why, text)
      super(why)
      @text = text.dup.force_encoding(Encoding::UTF_8).scrub
    end
  end

  # The conversation cannot go on.
  class ConversationError < Error
    # @return [Integer] the code of the close frame; 1006 when none came, 1005 when it had none (RFC 6455, 7.1.5)
    attr_reader :code
    # @return [String] the reason in the close frame
    attr_reader :reason

    # @param message [String]
    # @param code [Integer]
    # @param reason [String]
    def initialize(message, code, reason = "")
      super(message)
      @code = code
      @reason = reason
    end
  end

  # The server closed with a code that says what was wrong (spec FA-CLS).
  class ConversationRefused < ConversationError
    # @return [String, nil] the text of the last `error` message before the close
    attr_reader :detail

    # @param message [String]
    # @param code [Integer]
    # @param reason [String]
    # @param detail [String, nil]
    def initialize(message, code, reason = "", detail = nil)
      super(message, code, reason)
      @detail = detail
    end

    # Whether the same conversation may be tried again later, for example on a server that was full. The spec's
    # table says so for the codes that it knows, the range for the others (spec FA-CLS: 41xx).
    # @return [Boolean]
    def retry?
      CloseCode::ACTIONS.fetch(code) { code.between?(4100, 4199) ? :retry : :none } == :retry
    end
  end

  # The connection ended before the workflow. The client never runs it again by itself (spec FA-NEG-3).
  class ConversationLost < ConversationError; end

  # An answer while nothing is asked, or one that the question does not allow.
  class NotAsked < Error; end

  # No message came in time. Nothing is lost: the conversation is still there, and so is what comes later.
  class TimedOut < Error; end
end
