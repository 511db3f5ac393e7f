import { describeConfigSource } from '../contract/describe-config-source.ts'
import { MemorySource } from './memory-source.ts'

describeConfigSource('memory', documents => {
  const source = new MemorySource(documents)
  return Promise.resolve({
    source,
    put: document => Promise.resolve(source.apply([document])),
    remove: key => Promise.resolve(source.delete([key])),
    dispose: () => Promise.resolve(),
  })
})
