# frozen_string_literal: true

require_relative "values"

module FastAgency
  # Where a client stands in a conversation of `fastagency.v1`: a small value to be stored, and resumed from
  # ({Client#resume}). Everything up to `after_seq` was read, in the log that `epoch` names (spec FA-RES-1).
  #
  #   File.write("cursor.json", conversation.cursor.to_json)
  #   FastAgency::Cursor.from_json(File.read("cursor.json"))
  #
  # Its JSON is the same in every language's client.
  class Cursor < Value
    # The conversation.
    # @return [String]
    attribute :workflow_uuid, Types::STRING

    # A secret: whoever has it, and is the same user, can open the conversation (spec FA-SEC-2). `inspect` leaves it
    # out.
    # @return [String]
    attribute :resume_token, Types::STRING

    # Names the log.
    # @return [String]
    attribute :epoch, Types::STRING

    # The last message that was read; 0 when none was.
    # @return [Integer]
    attribute :after_seq, Types::INTEGER

    # @param text [String] what {#to_json} wrote, in any language's client
    # @return [Cursor]
    # @raise [ArgumentError] for what is no cursor; its message holds nothing of the text
    def self.from_json(text)
      read(StrictJSON.parse(text))
    rescue StrictJSON::ParseError
      raise ArgumentError, "a cursor is a JSON object", cause: nil
    rescue Mismatch => e
      raise ArgumentError, "no cursor: #{e.message}"
    end

    # @return [Cursor] the one that gives the whole conversation, as far as the server holds it (spec FA-RES-3)
    def from_start
      with(after_seq: 0)
    end
  end
end
