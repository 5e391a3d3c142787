# frozen_string_literal: true

module FastAgency
  # Which answers a question takes, and how they stand on the wire (spec FA-CLA-4).
  module Answers
    # What stands between several choices on the wire. A choice that holds it is not escaped.
    SEPARATOR = ","

    class << self
      # A `text_input` takes any string. A `multiple_choice` takes one of its choices, or any number of them where
      # several may be picked; an empty answer stands for its default.
      #
      # @param question [TextInput, MultipleChoice]
      # @param value [String, Array<String>]
      # @return [String] the raw text frame that answers `question` with `value`
      # @raise [NotAsked] when the question does not allow the value. No error holds what answers a `text_input`,
      #   which may be a password.
      def frame_for(question, value)
        case question
        in TextInput
          raise NotAsked, "a text_input takes one string" unless value.is_a?(String)

          sendable(value)
        in MultipleChoice[content:]
          chosen(content, value)
        end
      end

      # Take a joined answer apart. A choice that itself holds a comma is found too.
      #
      # @param text [String]
      # @param choices [Array<String>]
      # @return [Array<String>, nil] the choices whose joined form `text` is, nil when it is no such form. An
      #   empty text is no choice at all, unless one is empty.
      def split_choices(text, choices)
        return [text] if choices.include?(text)
        return [] if text.empty?

        # parts[at] is the choices that end before `at`, found once for each place: linear in the text for a
        # given list, where trying every split would be exponential.
        parts = { 0 => [] }
        starts = [0]
        while (start = starts.pop)
          choices.each do |choice|
            next unless text[start, choice.length] == choice

            at = start + choice.length
            return [*parts[start], choice] if at == text.length
            next if text[at] != SEPARATOR || parts.key?(at + 1)

            parts[at + 1] = [*parts[start], choice]
            starts << (at + 1)
          end
        end
      end

      private

      def chosen(content, value)
        picked = picked(content, value)
        raise NotAsked, "a choice is a string" unless picked.all?(String)
        return "" if picked.empty? && (content.default || !content.single)

        raise NotAsked, "pick exactly one of #{listed(content.choices)}" if content.single && picked.size != 1

        # The default need not be one of the choices.
        wrong = picked.find { |choice| !content.choices.include?(choice) && choice != content.default }
        raise NotAsked, "#{wrong.inspect} is none of the choices #{listed(content.choices)}" if wrong

        sendable(picked.join(SEPARATOR))
      end

      def picked(content, value)
        return Array(value) unless value.is_a?(String)
        return value.empty? && !content.choices.include?(value) ? [] : [value] if content.single

        split_choices(value, content.choices) || [value]
      end

      def listed(choices)
        choices.empty? ? "(there are none)" : choices.map(&:inspect).join(", ")
      end

      def sendable(text)
        text = text.encode(Encoding::UTF_8) unless text.encoding == Encoding::UTF_8
        raise NotAsked, "the answer cannot be written as UTF-8" unless text.valid_encoding?

        text
      rescue EncodingError
        # Without a cause: the original error holds the text, and this one may be a password.
        raise NotAsked, "the answer cannot be written as UTF-8", cause: nil
      end
    end
  end
end
