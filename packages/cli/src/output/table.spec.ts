import { describe, expect, it } from 'vitest'
import { renderTable } from './table.ts'

describe('renderTable', () => {
  it('aligns columns, shows empty cells as a dash, and leaves no trailing blanks', () => {
    expect(
      renderTable(
        ['NAME', 'PID'],
        [
          ['pilot', '1'],
          ['a', ''],
        ],
      ),
    ).toBe('NAME    PID\npilot   1\na       -\n')
  })

  it('aligns painted cells by what is seen', () => {
    expect(renderTable(['A', 'B'], [['\u001b[32mxx\u001b[39m', '1']])).toBe('A    B\n\u001b[32mxx\u001b[39m   1\n')
  })
})
