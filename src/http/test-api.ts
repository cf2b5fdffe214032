import { createBench, type Bench } from './test-bench.ts';

/** A JSON object as a test looks into it. */
export interface Tree {
  readonly [name: string]: unknown;
}

/** One route as the OpenAPI document describes it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{names}` where parameters stand. */
  readonly path: string;
  readonly parameters: readonly {
    readonly in: string;
    readonly name: string;
    readonly required: boolean;
  }[];
  /** Media types that its body may have; none without a body. */
  readonly bodyTypes: readonly string[];
  readonly requiredFields: readonly string[];
  /** The scope that it asks for; `null` where it asks for no key at all. */
  readonly scope: string | null;
  /** It is served without a key as well, to this machine or to whoever has a link. */
  readonly isOpen: boolean;
  /** By their status: the media types with their schemas. */
  readonly responses: Readonly<Record<string, Tree>>;
}

/** The document that the server gives out, and its routes. */
export async function readApi(bench: Bench): Promise<{
  readonly document: Tree;
  readonly operations: readonly Operation[];
}> {
  const answer = await bench.http.app.inject({ url: '/openapi.json' });
  const document: Tree = answer.json();
  const operations = Object.entries(treeOf(document['paths'])).flatMap(([path, methods]) =>
    Object.entries(treeOf(methods)).map(([method, described]) =>
      toOperation(document, path, method, treeOf(described)),
    ),
  );
  return { document, operations };
}

/** For a description of the tests, which must be known before there is a bench of their own. */
export async function listOperations(): Promise<readonly Operation[]> {
  const bench = createBench();
  try {
    return (await readApi(bench)).operations;
  } finally {
    await bench.close();
  }
}

function toOperation(document: Tree, path: string, method: string, described: Tree): Operation {
  const security = listOf(described['security']).map(treeOf);
  const body = treeOf(treeOf(described['requestBody'])['content']);
  const [schema] = Object.values(body).map((content) => resolve(document, treeOf(content)['schema']));
  return {
    id: String(described['operationId']),
    method: method.toUpperCase(),
    path,
    parameters: listOf(described['parameters']).map((parameter) => ({
      in: String(treeOf(parameter)['in']),
      name: String(treeOf(parameter)['name']),
      required: treeOf(parameter)['required'] === true,
    })),
    bodyTypes: Object.keys(body),
    requiredFields: listOf(treeOf(schema)['required']).map(String),
    scope: security.flatMap((choice) => listOf(choice['key']).map(String))[0] ?? null,
    isOpen: security.length === 0 || security.some((choice) => Object.keys(choice).length === 0),
    responses: Object.fromEntries(
      Object.entries(treeOf(described['responses'])).map(([status, response]) => [status, treeOf(response)]),
    ),
  };
}

function resolve(document: Tree, schema: unknown): unknown {
  const reference = treeOf(schema)['$ref'];
  return typeof reference === 'string'
    ? reference
        .slice(2)
        .split('/')
        .reduce<unknown>((tree, name) => treeOf(tree)[name], document)
    : schema;
}

export function treeOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
