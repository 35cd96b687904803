import { parser } from "@prometheus-io/lezer-promql";

/** What a query asks for. */
export interface Asked {
  /** Names of metrics as written, with `_bucket` and the like. */
  readonly metrics: readonly string[];
  /** Labels by which it selects, groups or joins, with the metrics that they are asked of. */
  readonly labels: readonly { readonly label: string; readonly metrics: readonly string[] }[];
}

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree["topNode"];

/** Reads a PromQL expression. @throws Error naming the place, when it is none */
export function readQuery(expr: string): Asked {
  const { topNode } = parser.parse(expr);
  const text = (node: Node) => expr.slice(node.from, node.to);
  const names = within(topNode, "Identifier").filter(({ parent }) => parent?.name === "VectorSelector");
  checkSyntax(topNode, expr);
  const labels = within(topNode, "LabelName").map((node) => ({
    label: text(node),
    metrics: within(subjectOf(node), "VectorSelector").flatMap((selector) =>
      within(selector, "Identifier").map(text),
    ),
  }));
  return { metrics: names.map(text), labels };
}

/** What a label is asked of: its selector, or all that an aggregation or a join works on. */
function subjectOf(label: Node): Node {
  const kinds = ["VectorSelector", "AggregateExpr", "BinaryExpr"];
  let node = label.parent;
  while (node && !kinds.includes(node.name)) node = node.parent;
  return node ?? label;
}

function within(top: Node, name: string): Node[] {
  const found: Node[] = [];
  top.cursor().iterate((node) => {
    if (node.from < top.from || node.to > top.to) return false;
    if (node.name === name) found.push(node.node);
    return true;
  });
  return found;
}

function checkSyntax(top: Node, expr: string): void {
  top.cursor().iterate(({ type, from }) => {
    if (type.isError) throw new Error(`no PromQL at ${from}: ${expr.slice(from, from + 40)}`);
  });
}
