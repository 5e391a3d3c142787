# frozen_string_literal: true

module FastAgency
  # One attribute of a {Value}: its name in Ruby and on the wire, its type, and what stands for it when absent.
  class Attribute
    # @return [Symbol]
    attr_reader :name
    # @return [String] the name on the wire
    attr_reader :key
    # @return [Symbol]
    attr_reader :variable

    # @param name [Symbol]
    # @param type [Object] one of {Types}
    # @param key [String] the name on the wire, where it is another
    # @param nullable [Boolean] whether it may be null
    # @param optional [Boolean] whether it may be absent
    # @param default [Object] what an absent one counts as
    # @param secret [Boolean] whether no inspection may show it (spec FA-SEC-3)
    def initialize(name, type, key: name.name, nullable: false, optional: false, default: ABSENT, secret: false)
      @name = name
      @key = -key
      @variable = :"@#{name}"
      @type = type
      @nullable = nullable
      @optional = optional
      @default = default.nil? || default.equal?(ABSENT) ? default : type.read(default)
      @secret = secret
      freeze
    end

    # @param value [Object] one of the attribute
    # @return [String] the value as an inspection shows it
    def shown(value)
      @secret ? "…" : value.inspect
    end

    # What a constructor without this keyword takes: the default, or the only value that there is.
    # @return [Object] {ABSENT} when the attribute may be absent
    # @yield when it may not
    def omitted
      return @default unless @default.equal?(ABSENT)
      return @type.value if @type.is_a?(Types::Constant)

      @optional ? ABSENT : yield
    end

    # @param json [Hash{String => Object}] the object that holds the attribute
    # @return [Object] its value, {ABSENT} when it is absent and may be
    # @raise [Mismatch]
    def read(json)
      found = json.fetch(@key) do
        return @default if @optional || !@default.equal?(ABSENT)

        raise Mismatch, "there"
      end
      found.nil? && @nullable ? nil : @type.read(found)
    rescue Mismatch => e
      raise e.inside(@key)
    end
  end
end
