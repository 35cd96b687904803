import { Converter, ReflectionKind } from "typedoc";

/** TypeDoc calls a module by its path; its readers import it by its name: `core/src/redis` is `@sendonce/core/redis`. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module))
      module.name = `@sendonce/${module.name.replace(/\/src(\/index)?/, "")}`;
  });
}
