# frozen_string_literal: true

require_relative "helper"

class StrictJSONTest < Minitest::Test
  JSON_TEXTS = {
    '{"a":1,"a":2}' => { "a" => 2 },
    '["/* no comment */","http://x//y"]' => ["/* no comment */", "http://x//y"],
    '["\\ud83d\\uDC69","\\\\x","\\/","\\u0000"]' => ["👩", "\\x", "/", "\0"],
    "[9007199254740993,1000000000000000000000000000001,-0]" => [(2**53) + 1, (10**30) + 1, 0],
    "[1e5,1.5E-3,-0.0,1e-999]" => [100_000.0, 0.0015, -0.0, 0.0],
    '{"json_class":"String"}' => { "json_class" => "String" },
    " 5\n" => 5
  }.freeze

  NOT_JSON = {
    "a comment" => "/* c */ 1",
    "a comment to the end of the line" => "[1 // x\n]",
    "a comment after" => "[1]/**/",
    "an escape that there is not" => '["\\x"]',
    "such an escape after an escaped quote" => '["a\\"b\\x", "c"]',
    "half of a surrogate pair" => '["\\ud83d"]',
    "the other half" => '["\\udc00"]',
    "halves in the wrong order" => '["\\udc00\\ud83d"]',
    "a half before another escape" => '["\\ud83d\\u0041"]',
    "half an escape" => '["\\u12"]',
    "too large for a Float" => "[1e999]",
    "too large, without an exponent" => "[#{"9" * 400}.0]",
    "too small" => "[-1e999]",
    "NaN" => "[NaN]",
    "-Infinity" => "[-Infinity]",
    "a leading zero" => "[01]",
    "a sign alone" => "[-]",
    "no digit after the point" => "[1.]",
    "no digit before the point" => "[.5]",
    "a plus" => "[+1]",
    "a trailing comma" => "[1,]",
    "an unquoted key" => "{a:1}",
    "single quotes" => "['a']",
    "a tab in a string" => "[\"\t\"]",
    "a byte order mark" => "\uFEFF[]",
    "a no-break space" => "[]\u00a0",
    "a form feed" => "\f[]",
    "a NUL after" => "[]\0",
    "bytes that are not UTF-8" => "[\"\xff\"]",
    "an encoded half of a surrogate pair" => "[\"\xed\xa0\x80\"]",
    "nothing" => "",
    "white space" => " "
  }.freeze

  JSON_TEXTS.each_with_index do |(text, value), index|
    define_method("test_takes_#{index}") { assert_equal value, FastAgency::StrictJSON.parse(text) }
  end

  NOT_JSON.each do |name, text|
    define_method("test_refuses_#{name}") do
      assert_raises(FastAgency::StrictJSON::ParseError) { FastAgency::StrictJSON.parse(text) }
    end
  end

  def test_the_bare_parser_takes_some_of_these
    # If it no longer does, this module may go.
    lenient = NOT_JSON.select do |_, text|
      JSON.parse(text)
    rescue JSON::ParserError, EncodingError
      false
    end

    refute_empty lenient
  end

  def test_reads_bytes_as_utf_8
    assert_equal ["é"], FastAgency::StrictJSON.parse('["é"]'.b)
  end

  def test_what_it_reads_is_frozen_in_depth
    found = FastAgency::StrictJSON.parse('{"a":[["b"]]}')

    assert(Ractor.shareable?(found))
  end

  def test_nests_deep_but_not_for_ever
    deep = FastAgency::StrictJSON::MAX_NESTING
    in_a_fiber = Fiber.new { FastAgency::StrictJSON.parse("#{"[" * deep}#{"]" * deep}") }

    assert_equal "[" * deep, FastAgency::StrictJSON.generate(in_a_fiber.resume).delete("]")
    assert_raises(FastAgency::StrictJSON::ParseError) { FastAgency::StrictJSON.parse("[" * 1_000_000) }
  end

  def test_judges_long_strings_in_linear_time
    text = "[\"#{"\\\\" * 200_000}\\\"#{"/" * 200_000}\"]"

    assert_equal 400_001, FastAgency::StrictJSON.parse(text)[0].length
    assert_raises(FastAgency::StrictJSON::ParseError) { FastAgency::StrictJSON.parse("#{text[..-3]}\\x\"]") }
  end

  def test_writes_values_symbols_and_text_of_other_encodings
    part = FastAgency::ContentPart.new(type: "text", text: nil, extra: { "k" => "v" })
    text = FastAgency.encode({ a: [part], s: :sym, "b" => "é".encode("UTF-16LE"), c: 2**70 })

    assert_equal '{"a":[{"type":"text","text":null,"k":"v"}],"s":"sym","b":"é","c":1180591620717411303424}', text
    assert_equal Encoding::UTF_8, text.encoding
  end

  circle = []
  circle << circle
  {
    "NaN" => Float::NAN, "Infinity" => [-Float::INFINITY], "an object" => Object.new, "a time" => { a: Time.now },
    "a key that is none" => { 1 => 2 }, "two keys of one name" => { "a" => 1, a: 2 }, "bytes" => "\xff",
    "binary" => "\xff".b, "itself" => circle
  }.each do |name, value|
    define_method("test_does_not_write_#{name}") do
      assert_raises(ArgumentError) { FastAgency.encode(value) }
    end
  end
end
