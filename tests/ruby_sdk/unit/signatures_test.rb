# frozen_string_literal: true

require_relative "helper"
require "rbs"
require "rbs/cli"
require "stringio"

# The signatures in sig/, read by RBS as it reads those of an installed gem.
class SignaturesTest < Minitest::Test
  LIBRARIES = %w[uri openssl socket].freeze

  def self.environment
    @environment ||= begin
      loader = RBS::EnvironmentLoader.new
      LIBRARIES.each { |name| loader.add(library: name, version: nil) }
      loader.add(path: Pathname("#{SDK}/sig"))
      RBS::Environment.from_loader(loader).resolve_type_names
    end
  end

  # What the sources define: the modules with their own methods, public or not, and constants.
  def self.defined(mod = FastAgency, found = {})
    found[mod.name] = methods_of(mod)
    mod.constants(false).each do |name|
      value = mod.const_get(name)
      defined(value, found) if value.is_a?(Module) && value.name&.start_with?("FastAgency::")
      found["#{mod.name}::#{name}"] ||= []
    end
    found
  end

  def self.methods_of(mod)
    instance = mod.instance_methods(false) + mod.private_instance_methods(false)
    singleton = mod.singleton_methods(false) + mod.singleton_class.private_instance_methods(false)
    (instance.map { |name| "##{name}" } + singleton.map { |name| ".#{name}" }).uniq
  end

  # What the signatures declare, in the same form.
  def self.declared
    found = Hash.new { |hash, name| hash[name] = [] }
    environment.class_decls.each do |name, entry|
      next unless name.to_s.start_with?("::FastAgency")

      members = entry.decls.flat_map { |it| it.decl.members }
      found[plain(name)].concat(members.flat_map { |member| names_of(member) })
    end
    environment.constant_decls.each_key { |name| found[plain(name)] if name.to_s.start_with?("::FastAgency") }
    found
  end

  def self.plain(name)
    name.to_s.delete_prefix("::")
  end

  def self.names_of(member)
    case member
    when RBS::AST::Members::MethodDefinition then ["#{member.kind == :singleton ? "." : "#"}#{member.name}"]
    when RBS::AST::Members::AttrReader then ["##{member.name}"]
    when RBS::AST::Members::Alias then ["##{member.new_name}"]
    else []
    end
  end

  def test_rbs_takes_them
    options = LIBRARIES.flat_map { |name| ["-r", name] }
    out = StringIO.new
    RBS::CLI.new(stdout: out, stderr: out).run([*options, "-I", "#{SDK}/sig", "validate", "--silent"])

    assert_empty out.string
  end

  def test_everything_that_is_there_has_a_signature
    declared = self.class.declared
    missing = self.class.defined.flat_map do |name, methods|
      next [name] unless declared.key?(name)

      (methods - declared[name]).map { |method| name + method }
    end

    assert_empty missing
  end

  def test_every_signature_is_of_something
    defined = self.class.defined
    extra = self.class.declared.flat_map do |name, methods|
      next [name] unless defined.key?(name)

      mod = Object.const_get(name)
      methods.uniq.reject { |method| there?(mod, method) }.map { |method| name + method }
    end

    assert_empty extra
  end

  private

  # Inherited methods count: a value class gets its constructor, with keywords of its own in the signature.
  def there?(mod, method)
    name = method[1..]
    return mod.respond_to?(name, true) if method.start_with?(".")

    mod.method_defined?(name) || mod.private_method_defined?(name)
  end
end
