import { describe, expect, it } from 'vitest'

import { TemplateError, TemplateSet, renderTemplate } from './index.ts'

function failure(act: () => unknown): TemplateError {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof TemplateError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

describe('errors', () => {
  it('name template, line and column, the cause and the next step', () => {
    const error = failure(() => renderTemplate('pod.yaml', 'a: 1\nb: {{ upper .count }}\n', { count: 5 }))
    expect(error.message).toBe('pod.yaml:2:7: error calling upper: expected string; got float64')
    expect(error).toMatchObject({ code: 'TEMPLATE_FAILED', line: 2, column: 7, nextStep: expect.stringContaining('toString') })
  })

  it('are found in branches that never run', () => {
    const error = failure(() => new TemplateSet().add('x', '{{ if false }}\n  {{ nosuch 1 }}{{ end }}'))
    expect(error).toMatchObject({ code: 'TEMPLATE_SYNTAX', message: "x:2:6: function 'nosuch' not defined" })
  })

  it('name the place inside of an included template', () => {
    const set = new TemplateSet()
    set.add('_names.tpl', '{{ define "inner" }}\n{{ .a.b }}{{ end }}')
    set.add('main', '{{ include "inner" . }}')
    expect(failure(() => set.render('main', {})).message).toBe('_names.tpl:2:4: nil pointer evaluating interface {}.b')
  })

  it('a field name with a dash says how to write it', () => {
    expect(failure(() => renderTemplate('x', '{{ .a-b }}', {})).nextStep).toContain('index')
  })
})

describe('limits', () => {
  it('ends loops, output and recursion', () => {
    expect(() => renderTemplate('x', '{{ range 100 }}{{ range 100 }}{{ end }}{{ end }}', {}, { limits: { iterations: 1000 } })).toThrow(
      /1000 turns/,
    )
    expect(() => renderTemplate('x', '{{ range 100 }}0123456789{{ end }}', {}, { limits: { outputCharacters: 500 } })).toThrow(
      /500 characters/,
    )
    expect(() => renderTemplate('x', '{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}', {})).toThrow(/200 deep/)
    expect(() => renderTemplate('x', '{{ until 1000000 }}', {})).toThrow(/too long/)
    expect(() => renderTemplate('x', '{{ repeat 1000000000 "ab" }}', {})).toThrow(/characters/)
  })

  it('counts what tpl renders too', () => {
    expect(() =>
      renderTemplate('x', '{{ tpl "{{ range 600 }}{{ end }}" . }}{{ range 600 }}{{ end }}', {}, { limits: { iterations: 1000 } }),
    ).toThrow(/1000 turns/)
  })

  it('refuses nesting without end', () => {
    expect(() => renderTemplate('x', '{{ if true }}'.repeat(500) + '{{ end }}'.repeat(500), {})).toThrow(/nested too deeply/)
    expect(() => renderTemplate('x', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`, {})).toThrow(/nested too deeply/)
  })
})

describe('data', () => {
  it('shows only own keys', () => {
    expect(renderTemplate('x', '[{{ .constructor }}{{ .__proto__ }}{{ index . "toString" }}]', {})).toBe('[]')
    const data = {}
    renderTemplate('x', '{{ $_ := set . "__proto__" (dict "polluted" true) }}', data)
    expect(Object.hasOwn(data, '__proto__')).toBe(true)
    expect('polluted' in {}).toBe(false)
  })

  it('calls methods with arguments', () => {
    const data = { Files: { Get: (name: unknown) => `text of ${String(name)}` }, Now: { Year: () => 2020n } }
    expect(renderTemplate('x', '{{ .Files.Get "a" | upper }} {{ .Now.Year }} {{ if .Now.Year }}yes{{ end }}', data)).toBe(
      'TEXT OF A 2020 yes',
    )
  })

  it('leaves nil out as Helm does, or says so as Go does', () => {
    expect(renderTemplate('x', '[{{ .missing }}]', {})).toBe('[]')
    expect(renderTemplate('x', '[{{ .missing }}]', {}, { nil: 'no-value' })).toBe('[<no value>]')
  })
})

describe('options', () => {
  it('takes other delimiters', () => {
    expect(renderTemplate('x', '{{ a }} [[ .b -]]  c [[/* no */]]d', { b: 1n }, { delimiters: { left: '[[', right: ']]' } })).toBe(
      '{{ a }} 1c d',
    )
  })

  it("takes the caller's functions, before its own", () => {
    const functions = { upper: () => 'mine', env: (name: unknown) => `${String(name)}!` }
    expect(renderTemplate('x', '{{ upper "a" }} {{ env "B" }}', {}, { functions })).toBe('mine B!')
  })
})
