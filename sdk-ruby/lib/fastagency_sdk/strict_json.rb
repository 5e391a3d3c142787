# frozen_string_literal: true

require "json"

module FastAgency
  # JSON as RFC 8259 has it, both ways.
  #
  # The json gem is more lenient, in ways that differ from release to release: it takes comments, unknown
  # escapes, halves of surrogate pairs, bytes that are not UTF-8, and numbers that become Infinity; it writes any
  # object as a string. All of that is refused here and nowhere else.
  module StrictJSON
    # The text is not JSON.
    class ParseError < StandardError; end

    # How deep arrays and objects may nest. Beyond the json gem's own 100, and far from what a fiber's stack holds.
    MAX_NESTING = 500

    # Reads a number with a fraction or an exponent.
    module FiniteFloat
      # The json gem calls this for each such number.
      # @param text [String]
      # @return [Float]
      # @raise [ParseError] when no Float is so large
      def self.try_convert(text)
        number = Float(text)
        raise ParseError, "#{text} is too large for a Float" if number.infinite?

        number
      end
    end

    # A string with legal escapes: each half of a surrogate pair beside its other half.
    STRING = %r{"(?>[^"\\]+|\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])\h{4}|u[dD][89abAB]\h\h\\u[dD][c-fC-F]\h\h))*"}
    # What the json gem takes outside of strings (a comment), or inside (an escape that there is not).
    LENIENCE = %r{[/\\]}
    private_constant :STRING, :LENIENCE

    class << self
      # @param text [String] JSON text; its encoding is taken to be UTF-8, whatever it says
      # @return [Object] its value, frozen in depth, with strings for keys. Integers have all their digits; of
      #   names that stand twice in an object, the last one counts.
      # @raise [ParseError] when `text` is not JSON, or nests deeper than {MAX_NESTING}
      def parse(text)
        text = text.dup.force_encoding(Encoding::UTF_8) unless text.encoding == Encoding::UTF_8
        raise ParseError, "the text is not UTF-8" unless text.valid_encoding?

        refuse_lenience(text)
        JSON.parse(text, max_nesting: MAX_NESTING, decimal_class: FiniteFloat, freeze: true)
      rescue JSON::ParserError => e
        raise ParseError, "not JSON: #{e.message.scrub.sub(/\A\d+: /, "")[0, 200]}"
      end

      # @param value [Object] nil, true, false, numbers, strings, symbols (written as strings), and arrays, hashes
      #   and {Value}s of these
      # @return [String] its JSON text, in UTF-8
      # @raise [ArgumentError] for what JSON cannot say: NaN, infinities, other objects, text that is not
      #   Unicode, two keys of one name, and what nests deeper than {MAX_NESTING} or holds itself (spec FA-CLA-7)
      def generate(value)
        JSON.generate(plain(value, 0), max_nesting: 0)
      end

      private

      # Comments cannot be told from text, nor escapes judged, without knowing what is a string: so strings are
      # cut out, which only a text with such a character has to pay for.
      def refuse_lenience(text)
        return unless text.match?(LENIENCE)

        odd = text.gsub(STRING, '""')[LENIENCE]
        raise ParseError, "a comment is not JSON" if odd == "/"
        raise ParseError, "an escape is not JSON, or no character" if odd
      end

      def plain(value, depth)
        raise ArgumentError, "the value nests deeper than #{MAX_NESTING}, or holds itself" if depth > MAX_NESTING

        case value
        when String then unicode(value)
        when nil, true, false, Integer then value
        when Symbol then unicode(value.name)
        when Float then finite(value)
        when Array then value.map { |item| plain(item, depth + 1) }
        when Hash then plain_hash(value, depth)
        when Value then plain_value(value, depth)
        else raise ArgumentError, "#{value.class} is not JSON"
        end
      end

      def plain_value(value, depth)
        found = value.wire_fields.transform_values { |item| plain(item, depth + 1) }
        return found unless value.class.keeps_extra_attributes?

        found.merge(plain_hash(value.extra, depth)) { |_, own, _| own }
      end

      def plain_hash(hash, depth)
        found = {}
        hash.each do |key, value|
          raise ArgumentError, "#{key.class} is no key in JSON" unless key.is_a?(String) || key.is_a?(Symbol)

          name = unicode(key.to_s)
          raise ArgumentError, "the key #{name.inspect} is there twice" if found.key?(name)

          found[name] = plain(value, depth + 1)
        end
        found
      end

      def finite(number)
        raise ArgumentError, "#{number} is not JSON" unless number.finite?

        number
      end

      def unicode(text)
        text = text.encode(Encoding::UTF_8) unless text.encoding == Encoding::UTF_8
        raise ArgumentError, "text that is not UTF-8" unless text.valid_encoding?

        text
      rescue EncodingError
        raise ArgumentError, "text that is not UTF-8"
      end
    end
  end
end
