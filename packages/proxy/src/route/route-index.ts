import type { CompiledRoute } from './compiled-route.ts'
import { endsSegment } from './match-path.ts'
import { PrefixNode } from './prefix-trie.ts'
import type { RequestView } from './request-view.ts'

/** Routes that depend on one spelling of the path: exact paths by hash, prefixes by a radix tree. */
class PathIndex {
  readonly exact: Map<string, number[]> = new Map()
  readonly prefixes: PrefixNode = new PrefixNode('')

  get empty(): boolean {
    return this.exact.size === 0 && this.prefixes.least === Number.MAX_SAFE_INTEGER
  }

  addExact(path: string, place: number): void {
    const places = this.exact.get(path)
    if (places === undefined) this.exact.set(path, [place])
    else places.push(place)
  }
}

/**
 * The routes of a virtual host in an order that makes the first match cheap to find: the cost follows the length of the
 * path and the routes that share it, not their number. What the path says nothing about (regular expressions, templates,
 * CONNECT) stays an ordered list. The answer is always that of asking one route after the other.
 */
export class RouteIndex {
  private readonly routes: readonly CompiledRoute[]
  private readonly sensitive: PathIndex = new PathIndex()
  private readonly insensitive: PathIndex | null
  private readonly others: number[] = []

  constructor(routes: readonly CompiledRoute[]) {
    this.routes = routes
    const insensitive = new PathIndex()
    for (const [place, route] of routes.entries()) this.add(route, place, insensitive)
    this.insensitive = insensitive.empty ? null : insensitive
  }

  /** `path` is without query; `draw` is the request's number in [0, 1) for shares of traffic. */
  find(request: RequestView, path: string, draw: number): CompiledRoute | null {
    let best = this.firstIn(this.sensitive, request, path, draw, this.routes.length)
    if (this.insensitive !== null) best = this.firstIn(this.insensitive, request, path.toLowerCase(), draw, best)
    for (let i = 0; i < this.others.length; i++) {
      const place = this.others[i] ?? best
      if (place >= best) break
      if (this.routes[place]?.matches(request, path, draw) === true) best = place
    }
    return this.routes[best] ?? null
  }

  private add(route: CompiledRoute, place: number, insensitive: PathIndex): void {
    const { path, caseSensitive } = route.match
    if (path.kind === 'regex' || path.kind === 'template' || path.kind === 'connect') {
      this.others.push(place)
      return
    }
    const index = caseSensitive ? this.sensitive : insensitive
    const text = caseSensitive ? path.value : path.value.toLowerCase()
    if (path.kind === 'exact') index.addExact(text, place)
    else index.prefixes.add(text, place, path.kind === 'path-separated-prefix')
  }

  /** The least place before `best` of a route that matches, or `best`. */
  private firstIn(index: PathIndex, request: RequestView, path: string, draw: number, best: number): number {
    const exact = index.exact.get(path)
    let found = exact === undefined ? best : this.firstOf(exact, request, draw, best)
    let node = index.prefixes
    let at = 0
    for (;;) {
      if (node.prefixes.length > 0) found = this.firstOf(node.prefixes, request, draw, found)
      if (node.separated.length > 0 && endsSegment(path, at)) found = this.firstOf(node.separated, request, draw, found)
      const child = at < path.length ? node.children.get(path.charCodeAt(at)) : undefined
      if (child === undefined || child.least >= found || !path.startsWith(child.label, at)) return found
      at += child.label.length
      node = child
    }
  }

  private firstOf(places: readonly number[], request: RequestView, draw: number, best: number): number {
    for (let i = 0; i < places.length; i++) {
      const place = places[i] ?? best
      if (place >= best) return best
      if (this.routes[place]?.accepts(request, draw) === true) return place
    }
    return best
  }
}
