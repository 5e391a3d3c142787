# frozen_string_literal: true

module FastAgency
  # A value that is not what its type says: where, and what it must be.
  class Mismatch < StandardError
    # @param wanted [String] what the value must be, for example "a string"
    def initialize(wanted)
      super
      @wanted = wanted
      @path = []
    end

    # Note that the value stands in `step` of something larger.
    # @param step [String, Integer] a key or an index
    # @return [self]
    def inside(step)
      @path.unshift(step)
      self
    end

    # @return [String] the place and what must be there, without the value
    def message
      "#{@path.empty? ? "the value" : @path.join(".")}: must be #{@wanted}"
    end
  end

  # What a JSON value must be. Each type, and each class of {Value}, has
  #
  # - `read(json)`: the value as Ruby has it; raises {Mismatch};
  # - `accepts?(json)`: whether it has the right JSON kind, and nothing deeper;
  # - `describe`: what it must be, in words.
  module Types
    # A value of one JSON kind, taken as it is.
    class Plain
      # @return [String]
      attr_reader :describe

      # @param describe [String]
      # @param kind [Class] what the kind is in Ruby
      # @param other [Class] what else it is
      def initialize(describe, kind, other = kind)
        @describe = describe
        @kind = kind
        @other = other
        freeze
      end

      # (see Types)
      def accepts?(json)
        json.is_a?(@kind) || json.is_a?(@other)
      end

      # (see Types)
      def read(json)
        accepts?(json) ? json : raise(Mismatch, describe)
      end
    end

    # A string that must match a pattern or have a least length, in characters.
    class Text < Plain
      # @param pattern [Regexp, nil]
      # @param min_length [Integer]
      def initialize(pattern: nil, min_length: 0)
        @pattern = pattern
        @min_length = min_length
        super(pattern ? "a string like #{pattern.source}" : "a string of at least #{min_length}", ::String)
      end

      # (see Types)
      def read(json)
        super
        raise Mismatch, describe if json.length < @min_length || @pattern&.match?(json) == false

        json
      end
    end

    # One string and no other.
    class Constant < Plain
      # @return [String]
      attr_reader :value

      # @param value [String]
      def initialize(value)
        @value = value
        super(value.inspect, ::String)
      end

      # (see Types)
      def read(json)
        json == value ? value : raise(Mismatch, describe)
      end
    end

    # An array whose items all have one type.
    class List
      # @param item [Object] a type
      def initialize(item)
        @item = item
        freeze
      end

      # (see Types)
      def accepts?(json)
        json.is_a?(::Array)
      end

      # (see Types)
      def describe
        "an array"
      end

      # (see Types)
      def read(json)
        raise Mismatch, describe unless accepts?(json)

        json.each_with_index.map do |item, index|
          @item.read(item)
        rescue Mismatch => e
          raise e.inside(index)
        end.freeze
      end
    end

    # One of several types, told apart by the JSON kind alone: no two take the same kind.
    class OneOf
      # @param branches [Array<Object>] types
      def initialize(branches)
        @branches = branches.freeze
        freeze
      end

      # (see Types)
      def accepts?(json)
        @branches.any? { |branch| branch.accepts?(json) }
      end

      # (see Types)
      def describe
        @branches.map(&:describe).join(" or ")
      end

      # (see Types)
      def read(json)
        branch = @branches.find { |each| each.accepts?(json) }
        branch ? branch.read(json) : raise(Mismatch, describe)
      end
    end

    # Objects told apart by the value of one field. A value of it that is not known gives an {Unknown}.
    class Union
      # @param tag [String] the field
      # @param variants [Hash{String => Class}] the class of each value of it
      # @param absent [String, nil] what an object without the field counts as
      def initialize(tag, variants, absent)
        @tag = tag
        @variants = variants.freeze
        @absent = absent
        freeze
      end

      # Whether `value` is one of the union's: for `case … when` and `in`.
      # @param value [Object]
      def ===(value)
        value.is_a?(Unknown) || @variants.value?(value.class)
      end

      # (see Types)
      def accepts?(json)
        json.is_a?(::Hash)
      end

      # (see Types)
      def describe
        "an object"
      end

      # (see Types)
      def read(json)
        raise Mismatch, describe unless accepts?(json)

        tag = json.fetch(@tag, @absent)
        raise Mismatch.new("a string").inside(@tag) unless tag.is_a?(::String)

        variant = @variants[tag]
        variant ? variant.read(json) : Unknown.new(type: tag, raw: json)
      end
    end

    # Makes a type of a module of strings: those in its `ALL`, and no others.
    module Closed
      # (see Types)
      def accepts?(json)
        json.is_a?(::String)
      end

      # (see Types)
      def describe
        self::ALL.map(&:inspect).join(" or ")
      end

      # (see Types)
      def read(json)
        self::ALL.include?(json) ? json : raise(Mismatch, describe)
      end
    end

    STRING = Plain.new("a string", ::String)
    INTEGER = Plain.new("an integer", ::Integer)
    NUMBER = Plain.new("a number", ::Integer, ::Float)
    BOOLEAN = Plain.new("a boolean", ::TrueClass, ::FalseClass)
    OBJECT = Plain.new("an object", ::Hash)
    ANY = Plain.new("JSON", ::Object)

    class << self
      # @return [Text]
      def string(pattern: nil, min_length: 0)
        Text.new(pattern: pattern, min_length: min_length)
      end

      # @return [Constant]
      def constant(value)
        Constant.new(value)
      end

      # @return [List]
      def list(item)
        List.new(item)
      end

      # @return [OneOf]
      def one_of(*branches)
        OneOf.new(branches)
      end

      # @return [Union]
      def union(tag, variants, absent: nil)
        Union.new(tag, variants, absent)
      end
    end
  end
end
