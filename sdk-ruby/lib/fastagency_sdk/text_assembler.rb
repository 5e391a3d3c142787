# frozen_string_literal: true

module FastAgency
  # Puts the pieces of streamed texts together (spec FA-FRM-3). Give it every message of a conversation.
  #
  #   texts = FastAgency::TextAssembler.new
  #   conversation.each_message do |message|
  #     if (text = texts.add(message))
  #       show(message.message_uuid, text)
  #     end
  #   end
  #
  # It holds only the texts that are still being written.
  class TextAssembler
    def initialize
      @texts = {}
    end

    # @param message [Value]
    # @return [String, nil] the text so far after a `text_chunk`; nil for every other message. The `text_message` that
    #   has the whole text ends it, and a `session_ready` drops all.
    def add(message)
      case message
      in TextChunk[message_uuid:, delta:, replace:]
        @texts[message_uuid] = replace ? delta : "#{@texts[message_uuid]}#{delta}"
      in TextMessage[uuid:]
        @texts.delete(uuid)
        nil
      in SessionReady
        @texts.clear
        nil
      else
        nil
      end
    end
  end
end
