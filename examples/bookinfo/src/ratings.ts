import { json, notFound, serve } from './serve.ts'

serve('ratings', ({ path, hop }) => {
  const id = /^\/ratings\/(\d{1,9})$/.exec(path)?.[1]
  return id === undefined ? notFound(path) : json({ id: Number(id), ratings: { Reviewer1: 5, Reviewer2: 4 }, hops: [hop] })
})
