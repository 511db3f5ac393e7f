import { type Fields, isFields, parsedJson, textOf } from '@meshwork/core/json'
import { err, ok, type Result } from '@meshwork/core/result'

/** What an API server asks: may this change be made? `AdmissionRequest` of admission.k8s.io/v1, as far as it decides anything here. */
export interface AdmissionRequest {
  readonly uid: string
  /** `CREATE`, `UPDATE`, `DELETE` or `CONNECT`. */
  readonly operation: string
  /** `status`, `scale`; empty for the object itself. */
  readonly subResource: string
  /** Empty while the API server has not chosen one yet (`generateName`). */
  readonly name: string
  /** Empty for kinds of the whole cluster. */
  readonly namespace: string
  /** The object as it would become; undefined for a deletion. */
  readonly object: Fields | undefined
  /** The object as it is; undefined for a creation. */
  readonly oldObject: Fields | undefined
}

/** A question with the version of the API in which it was asked and is answered. */
export interface AdmissionReview {
  readonly apiVersion: string
  readonly request: AdmissionRequest
}

/** `AdmissionResponse` of admission.k8s.io/v1. */
export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: Fields
  readonly warnings?: readonly string[]
  /** What is to be changed: base64 of a JSON patch (RFC 6902). */
  readonly patchType?: 'JSONPatch'
  readonly patch?: string
}

/** Both have the same fields; API servers before 1.22 may still ask in the older one. */
const VERSIONS: ReadonlySet<unknown> = new Set(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'])
/** As deep as any object of the mesh reaches, several times over. */
const DEEPEST = 200

/** Reads the body of a request to a webhook; the error says what is wrong with it. */
export function parseAdmissionReview(text: string): Result<AdmissionReview, string> {
  const review = parsedJson(text)
  if (!isFields(review)) return err('the body is not a JSON object')
  const { apiVersion, kind, request } = review
  if (kind !== 'AdmissionReview' || typeof apiVersion !== 'string' || !VERSIONS.has(apiVersion)) {
    return err(`the body is no AdmissionReview of ${[...VERSIONS].join(' or ')}`)
  }
  if (!isFields(request)) return err('the AdmissionReview has no request')
  const { uid, operation } = request
  if (typeof uid !== 'string' || uid === '') return err('the request of the AdmissionReview has no uid')
  if (typeof operation !== 'string' || operation === '') return err('the request of the AdmissionReview has no operation')
  if (isDeeperThan(request, DEEPEST)) return err(`the objects are nested deeper than ${DEEPEST} levels`)
  return ok({ apiVersion, request: requestOf(uid, operation, request) })
}

/** The body of an answer. */
export function admissionReviewText(apiVersion: string, response: AdmissionResponse): string {
  return JSON.stringify({ apiVersion, kind: 'AdmissionReview', response })
}

function requestOf(uid: string, operation: string, request: Fields): AdmissionRequest {
  const { subResource, name, namespace, object, oldObject } = request
  return {
    uid,
    operation,
    subResource: textOf(subResource),
    name: textOf(name),
    namespace: textOf(namespace),
    object: isFields(object) ? object : undefined,
    oldObject: isFields(oldObject) ? oldObject : undefined,
  }
}

/** Without recursion: what reads the objects afterwards is recursive, and has a stack. */
function isDeeperThan(root: unknown, most: number): boolean {
  let level: readonly unknown[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true
    level = level.flatMap(value => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
  return false
}
