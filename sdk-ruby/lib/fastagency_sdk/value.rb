# frozen_string_literal: true

module FastAgency
  # An immutable value with named attributes: what every message and every part of one is.
  #
  #   part = FastAgency::ContentPart.new(type: "text", text: "Hello")
  #   part.with(text: "Goodbye")
  #   part in { type: "text", text: String => said }
  #
  # Two are equal when they are of one class and their attributes are. Like those of Ruby's own `Data`,
  # constructors do not check types; what comes from a server is checked.
  class Value
    # Attributes of these names are secret in values that are written by hand too, marked or not (spec FA-SEC-3).
    SECRETS = %i[resume_token ticket].freeze
    private_constant :SECRETS

    class << self
      # @return [Hash{Symbol => Attribute}] in the order of their declaration
      def attributes
        @attributes ||= {}
      end

      # @return [Boolean] whether fields beside the attributes are kept, in `extra`
      def keeps_extra_attributes?
        @keeps_extra_attributes == true
      end

      # (see #initialize)
      def [](**values)
        new(**values)
      end

      # @!group What makes it one of {Types}

      # (see Types)
      def accepts?(json)
        json.is_a?(Hash)
      end

      # (see Types)
      def describe
        "an object"
      end

      # @param json [Hash{String => Object}] frozen
      # @return [Value]
      # @raise [Mismatch]
      def read(json)
        raise Mismatch, describe unless accepts?(json)

        allocate.tap { |value| value.send(:fill, json) }
      end

      # @!endgroup

      private

      # Declare an attribute: see {Attribute#initialize}.
      def attribute(name, type, secret: SECRETS.include?(name), **options)
        attributes[name] = Attribute.new(name, type, secret: secret, **options)
        attr_reader name
      end

      def keeps_extra_attributes
        @keeps_extra_attributes = true
        attr_reader :extra
      end
    end

    # The text of the frame that a message was decoded from, with all its fields and digits, known or not. nil for
    # a value that was not a whole frame. It counts for nothing when values are compared.
    # @return [String, nil]
    attr_reader :raw_text

    # @param values [Hash{Symbol => Object}] the attributes; those with a default may be left out
    # @raise [ArgumentError] when one is missing or unknown
    def initialize(**values)
      attributes = self.class.attributes
      missing = []
      attributes.each do |name, attribute|
        value = values.fetch(name) { attribute.omitted { missing << name } }
        instance_variable_set(attribute.variable, value) unless value.equal?(ABSENT)
      end
      refuse("missing", missing)
      @extra = values.fetch(:extra, {}.freeze) if self.class.keeps_extra_attributes?
      refuse("unknown", values.keys - attributes.keys - (@extra ? [:extra] : []))
      freeze
    end

    # @param values [Hash{Symbol => Object}]
    # @return [Value] this value with other `values`; {ABSENT} takes an optional one out
    def with(**values)
      self.class.new(**to_h, **values)
    end

    # @param name [Symbol] an attribute
    # @return [Boolean] whether the attribute is absent, which is not the same as nil
    # @raise [ArgumentError] when there is no such attribute
    def absent?(name)
      attribute = self.class.attributes.fetch(name) { raise ArgumentError, "no attribute #{name.inspect}" }
      !instance_variable_defined?(attribute.variable)
    end

    # @return [Hash{Symbol => Object}] the attributes that are there
    def to_h
      found = {}
      self.class.attributes.each_value do |attribute|
        next unless instance_variable_defined?(attribute.variable)

        found[attribute.name] = instance_variable_get(attribute.variable)
      end
      found[:extra] = extra if self.class.keeps_extra_attributes?
      found
    end

    # For `case … in`. An absent attribute matches no pattern that names it.
    # @return [Hash{Symbol => Object}]
    def deconstruct_keys(_names)
      to_h
    end

    # @param text [String]
    # @return [Value] this value with `text` as its {#raw_text}
    def with_raw_text(text)
      dup.tap do |copy|
        copy.instance_variable_set(:@raw_text, text.dup.freeze)
        copy.freeze
      end
    end

    # @return [Hash{String => Object}] the attributes as they stand on the wire, without `extra`, and with values for
    #   what is inside
    def wire_fields
      found = {}
      self.class.attributes.each_value do |attribute|
        next unless instance_variable_defined?(attribute.variable)

        found[attribute.key] = instance_variable_get(attribute.variable)
      end
      found
    end

    # @return [String] JSON, so that `JSON.generate` takes messages too
    # @raise [ArgumentError] for what JSON cannot say
    def to_json(*_options)
      StrictJSON.generate(self)
    end

    def ==(other)
      other.class == self.class && other.to_h == to_h
    end

    def eql?(other)
      other.class == self.class && other.to_h.eql?(to_h)
    end

    def hash
      [self.class, to_h].hash
    end

    # Shows the attributes, with `…` for the value of a secret one.
    # @return [String]
    def inspect
      attributes = self.class.attributes
      shown = to_h.map { |name, value| "#{name}: #{attributes[name]&.shown(value) || value.inspect}" }.join(", ")
      "#<#{self.class.name}#{" " unless shown.empty?}#{shown}>"
    end
    alias to_s inspect

    private

    def fill(json)
      attributes = self.class.attributes
      attributes.each_value do |attribute|
        value = attribute.read(json)
        instance_variable_set(attribute.variable, value) unless value.equal?(ABSENT)
      end
      @extra = json.except(*attributes.each_value.map(&:key)).freeze if self.class.keeps_extra_attributes?
      freeze
    end

    def refuse(what, names)
      return if names.empty?

      raise ArgumentError, "#{what} keyword#{"s" if names.size > 1}: #{names.map(&:inspect).join(", ")}"
    end
  end

  # A message whose type this version of the protocol does not know. It is kept, never an error.
  class Unknown < Value
    # The type that it claims.
    # @return [String]
    attribute :type, Types::STRING

    # The whole object as it came.
    # @return [Hash{String => Object}]
    attribute :raw, Types::OBJECT

    # @return [Hash{String => Object}] {#raw}
    def wire_fields
      raw
    end
  end
end
