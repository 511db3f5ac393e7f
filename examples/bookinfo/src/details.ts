import { json, notFound, serve } from './serve.ts'

const BOOK = {
  title: 'The Comedy of Errors',
  author: 'William Shakespeare',
  year: 1595,
  type: 'paperback',
  pages: 200,
  publisher: 'Loopback Press',
  language: 'English',
}

serve('details', ({ path, hop }) => {
  const id = /^\/details\/(\d{1,9})$/.exec(path)?.[1]
  return id === undefined ? notFound(path) : json({ id: Number(id), ...BOOK, hops: [hop] })
})
