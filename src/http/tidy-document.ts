import { STATUS_CODES } from 'node:http';

type Tree = Readonly<Record<string, unknown>>;

/** Schemas that no route names, because a socket carries them. */
const FRAMES = ['ClientFrame', 'ServerFrame'];
const REFERENCE = '#/components/schemas/';
/** What the plugin writes where a response has no description. */
const NO_WORDS = 'Default Response';

/**
 * An OpenAPI document as a person reads it: without the schemas that nothing refers to, with words for every answer, and
 * with bodies that may be left out marked as such.
 */
export function tidyDocument<T extends object>(document: T): T {
  const { paths, components } = treesOf(document);
  for (const operation of Object.values(treesOf(paths)).flatMap((path) => Object.values(treesOf(path)))) {
    tidyResponses(operation);
    tidyBody(operation);
  }
  if (components === undefined) {
    return document;
  }
  const { schemas = {} } = treesOf(components);
  return { ...document, components: { ...components, schemas: usedSchemas(schemas, paths) } };
}

function tidyResponses(operation: Tree): void {
  for (const [status, response] of Object.entries(treesOf(operation['responses']))) {
    if (response['description'] === NO_WORDS) {
      Object.assign(response, { description: STATUS_CODES[status] ?? status });
    }
  }
}

function tidyBody(operation: Tree): void {
  const { requestBody } = treesOf(operation);
  const schemas = Object.values(treesOf(requestBody?.['content'])).map((content) => content['schema']);
  if (requestBody !== undefined && schemas.some(allowsNull)) {
    Object.assign(requestBody, { required: false });
  }
}

function allowsNull(schema: unknown): boolean {
  const { anyOf } = Object(schema);
  return Array.isArray(anyOf) && anyOf.some((choice: unknown) => Object(choice).type === 'null');
}

/** Those that the routes or the frames refer to, directly or through others; in the order of their names. */
function usedSchemas(schemas: Tree, paths: unknown): Tree {
  const used = new Set<string>();
  const open = [...FRAMES, ...namesIn(paths)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (!used.has(name) && schemas[name] !== undefined) {
      used.add(name);
      open.push(...namesIn(schemas[name]));
    }
  }
  return Object.fromEntries([...used].toSorted().map((name) => [name, schemas[name]]));
}

function namesIn(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  return [...text.matchAll(/"\$ref":"([^"]+)"/gu)].flatMap(([, reference = '']) =>
    reference.startsWith(REFERENCE) ? [reference.slice(REFERENCE.length)] : [],
  );
}

/** The objects among an object's values, by their names. */
function treesOf(value: unknown): Record<string, Tree> {
  const entries = Object.entries(Object(value)).filter(
    (entry): entry is [string, Tree] => typeof entry[1] === 'object' && entry[1] !== null,
  );
  return Object.fromEntries(entries);
}
