const { default: usual } = require("@changesets/cli/changelog");

/** A changelog is for who uses a package: what came with its dependencies is one line, not one for each changeset. */
module.exports = {
  getReleaseLine: usual.getReleaseLine,
  getDependencyReleaseLine: async (_changesets, updated) => {
    const names = updated.map(({ name, newVersion }) => `\`${name}\` ${newVersion}`);
    return names.length > 0 ? `- With ${names.join(" and ")}.` : "";
  },
};
