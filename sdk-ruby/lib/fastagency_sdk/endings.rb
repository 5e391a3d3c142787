# frozen_string_literal: true

require_relative "closure"

module FastAgency
  # What the end of a connection means, by its close code (spec FA-CLS).
  module Endings
    REFUSALS = [CloseCode::NOT_UTF8, CloseCode::FRAME_TOO_BIG].freeze
    OUR_CLOSES = {
      1007 => "a text frame from the server is not UTF-8",
      1009 => "a message from the server is larger than max_message_size",
      1011 => "the server did not answer a ping in time"
    }.freeze
    private_constant :REFUSALS, :OUR_CLOSES

    class << self
      # @param closure [Closure] how a connection ended before the workflow did
      # @param last_error [ErrorMessage, nil] the last `error` message that came
      # @return [ConversationError] {ConversationRefused} for a code that says what was wrong, {ConversationLost} for
      #   every other end
      def of(closure, last_error)
        code = closure.code
        return lost("this client closed with #{code}: #{own_reason(closure)}", closure) if closure.by_client?
        return lost("the connection broke before the workflow was over", closure) if code == Closure::NO_CLOSE_FRAME

        said = text_of(last_error)
        why = [CloseCode::MEANINGS[code] || "a code that this version does not know", closure.reason, said]
        why = why.reject { |part| part.to_s.empty? }.join("; ")
        unless refusal?(code)
          return lost("the server closed with #{code} before the workflow was over: #{why}", closure)
        end

        ConversationRefused.new("the server closed with #{code}: #{why}", code, closure.reason, said)
      end

      private

      def own_reason(closure)
        OUR_CLOSES.fetch(closure.code) { "the server broke the WebSocket protocol (#{closure.reason})" }
      end

      def lost(message, closure)
        ConversationLost.new(message, closure.code, closure.reason)
      end

      # A code on which a client would resume is no refusal, in classic either: there is just nothing to resume.
      def refusal?(code)
        return true if REFUSALS.include?(code)

        code.between?(4000, 4999) &&
          CloseCode::ACTIONS.fetch(code) { code.between?(4200, 4299) ? :resume : :none } != :resume
      end

      def text_of(error)
        return if error.nil?

        parts = [error.content.short, error.content.long].compact.reject(&:empty?).map { |part| part.chomp(".") }
        parts.join(": ") unless parts.empty?
      end
    end
  end
end
