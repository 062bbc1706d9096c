package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// secretCmds are the verbs about the user's secrets.
func (j *juju) secretCmds() []*cobra.Command {
	return []*cobra.Command{
		j.addSecret(), j.updateSecret(), j.grantSecret("grant-secret", "Let applications read a secret", (*model.Model).GrantUserSecret),
		j.grantSecret("revoke-secret", "Take back that applications may read a secret", (*model.Model).RevokeUserSecret),
		j.secrets(), j.showSecret(), j.removeSecret(),
	}
}

// secretContent reads KEY=VALUE arguments and a YAML file.
func secretContent(args []string, file string) (agent.SecretContent, error) {
	values, err := keyValues(args)
	if err != nil {
		return nil, err
	}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("cannot read secret: %w", err)
		}
		var more map[string]any
		if yaml.Unmarshal(text, &more) != nil {
			return nil, fmt.Errorf("cannot read secret in %s: it is not a map in YAML", file) // the text is secret
		}
		for key, value := range more {
			values[key] = fmt.Sprint(value)
		}
	}
	content := agent.SecretContent{}
	for key, value := range values {
		if len(key) < 3 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return nil, usageError{fmt.Errorf("key %q not valid", key)}
		}
		content[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return content, nil
}

func (j *juju) addSecret() *cobra.Command {
	var info, file string
	c := verb("add-secret NAME [KEY=VALUE...]", "Make a secret of the model's user", 1, -1, func(args []string) error {
		content, err := secretContent(args[1:], file)
		if err != nil {
			return err
		}
		return j.write(func(s *session) error {
			made, err := s.model.AddUserSecret(args[0], agent.SecretUpdate{Description: &info, Content: content})
			if err == nil {
				fmt.Fprintln(j.stdout, "secret:"+made.ID)
			}
			return err
		})
	})
	c.Flags().StringVar(&info, "info", "", "a description")
	c.Flags().StringVar(&file, "file", "", "a YAML file with keys and values")
	return c
}

func (j *juju) updateSecret() *cobra.Command {
	var info, file, name string
	var prune bool
	c := verb("update-secret NAME|ID [KEY=VALUE...]", "Give a secret of the user new content", 1, -1, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		content, err := secretContent(args[1:], file)
		if err != nil {
			return err
		}
		update := agent.SecretUpdate{Content: content}
		if c.Flags().Changed("info") {
			update.Description = &info
		}
		if name != "" {
			update.Label = &name
		}
		if update.Empty() && !prune {
			return usageError{errors.New("specify either a new value or new metadata")}
		}
		return j.userSecret(args[0], func(s *session, secret *model.Secret) error {
			s.model.UpdateUserSecret(secret, update, prune)
			return nil
		})
	}
	c.Flags().StringVar(&info, "info", "", "a description")
	c.Flags().StringVar(&file, "file", "", "a YAML file with keys and values")
	c.Flags().StringVar(&name, "name", "", "another name")
	c.Flags().BoolVar(&prune, "auto-prune", false, "remove revisions that no unit reads any more")
	return c
}

// userSecret changes one secret of the user.
func (j *juju) userSecret(name string, do func(*session, *model.Secret) error) error {
	return j.write(func(s *session) error {
		secret, err := s.model.UserSecret(name)
		if err != nil {
			return err
		}
		return do(s, secret)
	})
}

func (j *juju) grantSecret(name, short string, do func(*model.Model, *model.Secret, string) error) *cobra.Command {
	return verb(name+" NAME|ID APP[,APP...]", short, 2, 2, func(args []string) error {
		return j.userSecret(args[0], func(s *session, secret *model.Secret) error {
			for app := range strings.SplitSeq(args[1], ",") {
				if err := do(s.model, secret, app); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (j *juju) removeSecret() *cobra.Command {
	var revision int
	c := verb("remove-secret NAME|ID", "Remove a secret of the user", 1, 1, func(args []string) error {
		return j.userSecret(args[0], func(s *session, secret *model.Secret) error { return s.model.RemoveUserSecret(secret, revision) })
	})
	c.Flags().IntVar(&revision, "revision", 0, "remove this revision only")
	return c
}

func (j *juju) secrets() *cobra.Command {
	var format, owner string
	c := verb("secrets", "List the secrets of the model", 0, 0, func([]string) error {
		if err := oneOf(format, "tabular", "json", "yaml"); err != nil {
			return err
		}
		return j.read(func(s *session) error {
			all := map[string]any{}
			rows := [][]string{{"ID", "Name", "Owner", "Rotation", "Revision", "Last updated"}}
			for _, id := range s.model.SecretOrder {
				secret := s.model.Secrets[id]
				if owner != "" && owner != secret.Owner && !(owner == "model-"+s.model.UUID && secret.IsUsers()) && owner != "application-"+secret.Owner {
					continue
				}
				view := viewSecret(secret)
				all[id] = view
				rows = append(rows, []string{id, secret.Label, secret.Owner, secret.Rotate, fmt.Sprint(secret.Latest), fmt.Sprint(view["updated"])})
			}
			if format == "tabular" {
				s.table(rows)
				return nil
			}
			return s.encode(all, format)
		})
	})
	c.Flags().StringVar(&format, "format", "tabular", "tabular, json or yaml")
	c.Flags().StringVar(&owner, "owner", "", "only those of this owner")
	return c
}

// viewSecret is what secrets and show-secret print of a secret. It has no content.
func viewSecret(secret *model.Secret) map[string]any {
	view := map[string]any{"revision": secret.Latest, "owner": secret.Owner, "rotation": secret.Rotate}
	if secret.IsUsers() {
		view["name"] = secret.Label
	} else if secret.Label != "" {
		view["label"] = secret.Label
	}
	if secret.Description != "" {
		view["description"] = secret.Description
	}
	var created, updated int64
	for i, r := range secret.Revisions {
		if updated = r.Created; i == 0 {
			created = r.Created
		}
	}
	view["created"], view["updated"] = isoTime(created), isoTime(updated)
	var access []map[string]string
	for _, g := range secret.Grants {
		if secret.IsUsers() {
			access = append(access, map[string]string{"target": agent.SubjectTag(g.Subject), "scope": "model", "role": "view"})
		}
	}
	if access != nil {
		view["access"] = access
	}
	return view
}

func isoTime(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

func (j *juju) showSecret() *cobra.Command {
	var format string
	var reveal, revisions bool
	var revision int
	c := verb("show-secret NAME|ID", "Print a secret", 1, 1, func(args []string) error {
		if err := oneOf(format, "json", "yaml"); err != nil {
			return err
		}
		if revisions && (reveal || revision != 0) {
			return usageError{errors.New("specify either --revisions or --reveal and --revision")}
		}
		return j.read(func(s *session) error {
			secret, err := s.anySecret(args[0])
			if err != nil {
				return err
			}
			view := viewSecret(secret)
			if revisions {
				view["revisions"] = viewRevisions(secret)
			}
			if reveal {
				content, checksum, err := secret.Reveal(revision)
				if err != nil {
					return err
				}
				view["content"], view["checksum"] = map[string]any{"Data": content}, checksum
			}
			return s.encode(map[string]any{secret.ID: view}, format)
		})
	})
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	c.Flags().BoolVar(&reveal, "reveal", false, "print the content as well")
	c.Flags().BoolVar(&revisions, "revisions", false, "print all revisions")
	c.Flags().IntVarP(&revision, "revision", "r", 0, "the revision to reveal (default: the latest)")
	return c
}

// anySecret finds a secret of the user by name or ID, or that of a charm by ID.
func (s *session) anySecret(nameOrID string) (*model.Secret, error) {
	if found := s.model.Secrets[strings.TrimPrefix(nameOrID, "secret:")]; found != nil {
		return found, nil
	}
	return s.model.UserSecret(nameOrID)
}

func viewRevisions(secret *model.Secret) []map[string]any {
	var all []map[string]any
	for _, r := range secret.Revisions {
		all = append(all, map[string]any{"revision": r.Number, "backend": "internal", "created": isoTime(r.Created), "updated": isoTime(r.Created)})
	}
	return all
}
