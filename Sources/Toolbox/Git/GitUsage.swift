/// Usage texts, as Git 2.39 prints them.
enum GitUsage {
  /// What a command says for `-h`; `nil` for those that have no text here.
  static func of(_ verb: String) -> GitError? {
    switch verb {
    case "log", "show": GitError(output: log, exitCode: 129)
    case "revert": GitError(output: revert, exitCode: 129)
    case "blame": GitError(output: blame, exitCode: 129)
    case "status": GitError(status, exitCode: 129)
    case "diff": GitError(diff, exitCode: 129)
    default: nil
    }
  }

  static let main = """
    usage: git [-v | --version] [-h | --help] [-C <path>] [-c <name>=<value>]
               [--exec-path[=<path>]] [--html-path] [--man-path] [--info-path]
               [-p | --paginate | -P | --no-pager] [--no-replace-objects] [--bare]
               [--git-dir=<path>] [--work-tree=<path>] [--namespace=<name>]
               [--super-prefix=<path>] [--config-env=<name>=<envvar>]
               <command> [<args>]

    """

  /// What a bare `git` says behind its usage.
  static let commonCommands = """

    These are common Git commands used in various situations:

    start a working area (see also: git help tutorial)
       clone     Clone a repository into a new directory
       init      Create an empty Git repository or reinitialize an existing one

    work on the current change (see also: git help everyday)
       add       Add file contents to the index
       mv        Move or rename a file, a directory, or a symlink
       restore   Restore working tree files
       rm        Remove files from the working tree and from the index

    examine the history and state (see also: git help revisions)
       bisect    Use binary search to find the commit that introduced a bug
       diff      Show changes between commits, commit and working tree, etc
       grep      Print lines matching a pattern
       log       Show commit logs
       show      Show various types of objects
       status    Show the working tree status

    grow, mark and tweak your common history
       branch    List, create, or delete branches
       commit    Record changes to the repository
       merge     Join two or more development histories together
       rebase    Reapply commits on top of another base tip
       reset     Reset current HEAD to the specified state
       switch    Switch branches
       tag       Create, list, delete or verify a tag object signed with GPG

    collaborate (see also: git help workflows)
       fetch     Download objects and refs from another repository
       pull      Fetch from and integrate with another repository or a local branch
       push      Update remote refs along with associated objects

    'git help -a' and 'git help -g' list available subcommands and some
    concept guides. See 'git help <command>' or 'git help <concept>'
    to read about a specific subcommand or concept.
    See 'git help git' for an overview of the system.

    """

  /// Of `log` and `show`.
  static let log = """
    usage: git log [<options>] [<revision-range>] [[--] <path>...]
       or: git show [<options>] <object>...

        -q, --quiet           suppress diff output
        --source              show source
        --use-mailmap         use mail map file
        --mailmap             alias of --use-mailmap
        --clear-decorations   clear all previously-defined decoration filters
        --decorate-refs <pattern>
                              only decorate refs that match <pattern>
        --decorate-refs-exclude <pattern>
                              do not decorate refs that match <pattern>
        --decorate[=...]      decorate options
        -L <range:file>       trace the evolution of line range <start>,<end> or function :<funcname> in <file>


    """

  /// Of `status`.
  static let status = """
    usage: git status [<options>] [--] [<pathspec>...]

        -v, --verbose         be verbose
        -s, --short           show status concisely
        -b, --branch          show branch information
        --show-stash          show stash information
        --ahead-behind        compute full ahead/behind values
        --porcelain[=<version>]
                              machine-readable output
        --long                show status in long format (default)
        -z, --null            terminate entries with NUL
        -u, --untracked-files[=<mode>]
                              show untracked files, optional modes: all, normal, no. (Default: all)
        --ignored[=<mode>]    show ignored files, optional modes: traditional, matching, no. (Default: traditional)
        --ignore-submodules[=<when>]
                              ignore changes to submodules, optional when: all, dirty, untracked. (Default: all)
        --column[=<style>]    list untracked files in columns
        --no-renames          do not detect renames
        -M, --find-renames[=<n>]
                              detect renames, optionally set similarity index


    """

  /// Of `revert`.
  static let revert = """
    usage: git revert [--[no-]edit] [-n] [-m <parent-number>] [-s] [-S[<keyid>]] <commit>...
       or: git revert (--continue | --skip | --abort | --quit)

        --quit                end revert or cherry-pick sequence
        --continue            resume revert or cherry-pick sequence
        --abort               cancel revert or cherry-pick sequence
        --skip                skip current commit and continue
        --cleanup <mode>      how to strip spaces and #comments from message
        -n, --no-commit       don't automatically commit
        -e, --edit            edit the commit message
        -s, --signoff         add a Signed-off-by trailer
        -m, --mainline <parent-number>
                              select mainline parent
        --rerere-autoupdate   update the index with reused conflict resolution if possible
        --strategy <strategy>
                              merge strategy
        -X, --strategy-option <option>
                              option for merge strategy
        -S, --gpg-sign[=<key-id>]
                              GPG sign commit
        --reference           use the 'reference' format to refer to commits


    """

  /// `push` where there is no remote.
  static let noDestination = """
    fatal: No configured push destination.
    Either specify the URL from the command-line or configure a remote repository using

        git remote add <name> <url>

    and then push using the remote name

        git push <name>


    """

  /// Of `blame`.
  static let blame = """
    usage: git blame [<options>] [<rev-opts>] [<rev>] [--] <file>

        <rev-opts> are documented in git-rev-list(1)

        --incremental         show blame entries as we find them, incrementally
        -b                    do not show object names of boundary commits (Default: off)
        --root                do not treat root commits as boundaries (Default: off)
        --show-stats          show work cost statistics
        --progress            force progress reporting
        --score-debug         show output score for blame entries
        -f, --show-name       show original filename (Default: auto)
        -n, --show-number     show original linenumber (Default: off)
        -p, --porcelain       show in a format designed for machine consumption
        --line-porcelain      show porcelain format with per-line commit information
        -c                    use the same output mode as git-annotate (Default: off)
        -t                    show raw timestamp (Default: off)
        -l                    show long commit SHA1 (Default: off)
        -s                    suppress author name and timestamp (Default: off)
        -e, --show-email      show author email instead of name (Default: off)
        -w                    ignore whitespace differences
        --ignore-rev <rev>    ignore <rev> when blaming
        --ignore-revs-file <file>
                              ignore revisions from <file>
        --color-lines         color redundant metadata from previous line differently
        --color-by-age        color lines by age
        --minimal             spend extra cycles to find better match
        -S <file>             use revisions from <file> instead of calling git-rev-list
        --contents <file>     use <file>'s contents as the final image
        -C[<score>]           find line copies within and across files
        -M[<score>]           find line movements within and across files
        -L <range>            process only line range <start>,<end> or function :<funcname>
        --abbrev[=<n>]        use <n> digits to display object names


    """

  /// Of `diff`.
  static let diff = """
    usage: git diff [<options>] [<commit>] [--] [<path>...]
       or: git diff [<options>] --cached [--merge-base] [<commit>] [--] [<path>...]
       or: git diff [<options>] [--merge-base] <commit> [<commit>...] <commit> [--] [<path>...]
       or: git diff [<options>] <commit>...<commit> [--] [<path>...]
       or: git diff [<options>] <blob> <blob>
       or: git diff [<options>] --no-index [--] <path> <path>

    common diff options:
      -z            output diff-raw with lines terminated with NUL.
      -p            output patch format.
      -u            synonym for -p.
      --patch-with-raw
                    output both a patch and the diff-raw format.
      --stat        show diffstat instead of patch.
      --numstat     show numeric diffstat instead of patch.
      --patch-with-stat
                    output a patch and prepend its diffstat.
      --name-only   show only names of changed files.
      --name-status show names and status of changed files.
      --full-index  show full object name on index lines.
      --abbrev=<n>  abbreviate object names in diff-tree header and diff-raw.
      -R            swap input file pairs.
      -B            detect complete rewrites.
      -M            detect renames.
      -C            detect copies.
      --find-copies-harder
                    try unchanged files as candidate for copy detection.
      -l<n>         limit rename attempts up to <n> paths.
      -O<file>      reorder diffs according to the <file>.
      -S<string>    find filepair whose only one side contains the string.
      --pickaxe-all
                    show all files diff when -S is used and hit is found.
      -a  --text    treat all files as text.


    """

  /// `pull` where there is no remote.
  static let noTracking = """
    There is no tracking information for the current branch.
    Please specify which branch you want to merge with.
    See git-pull(1) for details.

        git pull <remote> <branch>

    If you wish to set tracking information for this branch you can do so with:

        git branch --set-upstream-to=<remote>/<branch> main


    """
}
