import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { harmless, Paper, wrap } from '../src/render/paper.ts'
import { duration, fromNow, listed, span } from '../src/render/words.ts'

describe('wrap', () => {
  it('breaks at spaces', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
  })

  it('cuts a word that is longer than a line', () => {
    expect(wrap('ab abcdefghij', 4)).toEqual(['ab', 'abcd', 'efgh', 'ij'])
  })

  it('loses nothing and is never wider than it may be', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (text, width) => {
          const lines = wrap(text, width)
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
          expect(lines.join('').replaceAll(' ', '')).toBe(harmless(text).replaceAll(' ', ''))
        },
      ),
    )
  })
})

describe('what a peer says', () => {
  it('never reaches the terminal as a command', () => {
    const evil = '\u001b[2J\u009b31m\u0007\r\n\u202egpj.exe\u0000'
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(harmless(evil)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    const paper = new Paper(pc.createColors(false), 60)
    paper.text(evil)
    paper.row(evil, evil)
    paper.line([{ text: evil }])
    paper.ends({ text: evil }, { text: evil })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(paper.toString()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  it('keeps other writing as it is', () => {
    expect(harmless('Müller 株式会社')).toBe('Müller 株式会社')
  })
})

it('is never wider than the paper', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
      fc.integer({ min: 60, max: 100 }),
      (text, width) => {
        const paper = new Paper(pc.createColors(false), width)
        paper.text(text, { indent: 6 })
        paper.row('label', text)
        paper.line([{ text }, { text }])
        paper.ends({ text }, { text: 'right' })
        for (const line of paper.toString().split('\n'))
          expect(line.length).toBeLessThanOrEqual(width)
      },
    ),
  )
})

it('says numbers as people do', () => {
  expect([duration(0.42), duration(12.3), duration(1340)]).toEqual(['0.4 ms', '12 ms', '1.3 s'])
  expect([span(59), span(3600), span(86_400), span(1_300_000)]).toEqual([
    '59 seconds',
    '1 hour',
    '1 day',
    '15 days',
  ])
  expect([fromNow(86_400_000, 0), fromNow(0, 7_200_000)]).toEqual(['in 1 day', '2 hours ago'])
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  expect(listed(['a', 'b', 'c', 'd'], 3)).toBe('a, b and 2 more')
})
