"""What becomes of the work: the pull request, its CI and reviews, the merge, and deployments."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ghapp.core.config.values import Model, Name, Text
from ghapp.core.wildcards import matches


class PullRequest(Model):
    """The pull requests that Honk opens."""

    draft: Literal[True] = Field(True, description="Opened as a draft until CI is green; `true` is all there is yet.")
    red: Literal["draft", "none"] = Field(
        "draft", description="What a change becomes whose checks stay red: a `draft`, or `none` and a branch only."
    )
    commits: Literal["plain", "verified"] = Field(
        "plain", description="`verified` has GitHub make and sign the commits; where it does not, they are plain."
    )


class Autofix(Model):
    """A check that a command mends, without a model."""

    check: Name = Field(description="The check's name at CI; `*` is any text.")
    run: Text = Field(description="A shell command, run at the root in the sandbox; what it changes is the repair.")

    def fits(self, name: str) -> bool:
        """Whether the check of this name is meant. Brackets are text, as in `test [3.11]`."""
        return matches(self.check, name)


class Ci(Model):
    """How CI is followed."""

    settle: int = Field(20, ge=0, le=3_600, description="Seconds without news after which the checks count as settled.")
    rounds: int = Field(2, ge=0, le=10, description="How often the agent is sent back because CI is red.")
    autofix: tuple[Autofix, ...] = Field(
        (), strict=False, description="Checks that a command mends, such as a formatter's."
    )


class Reviews(Model):
    """How reviews are answered."""

    settle: int = Field(60, ge=0, le=3_600, description="Seconds without another comment that end a burst of them.")


Role = Literal["triage", "write", "maintain", "admin"]


class Merge(Model):
    """What `/honk merge` does, and who may say it."""

    role: Role = Field("write", description="The least role of who may say it.")
    method: Literal["merge", "squash", "rebase"] | None = Field(
        None, description="How it is merged; without it, `squash` where that is allowed, else `merge`, else `rebase`."
    )
    auto: bool = Field(
        False,
        description="Hand a merge that waits to GitHub's auto-merge, which a later push does not stop.",
    )
    means: Literal["merged", "deployed", "released"] = Field(
        "merged", description="What a merge comes to here: `merged` only, `deployed` by itself, or in the next release."
    )
    watch: int = Field(30, ge=0, le=1_440, description="Minutes for which the base branch is watched after a merge.")


class Environment(Model):
    """Where `/honk deploy NAME` deploys to."""

    role: Role = Field("maintain", description="The least role of who may say it.")
    workflow: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="The file of the workflow that deploys; without it, a GitHub deployment is asked for."
    )
    inputs: Mapping[Text, str] = Field({}, description="Inputs of the workflow; `{sha}` stands for the commit.")

    @model_validator(mode="after")
    def _inputs_are_a_workflows(self) -> Self:
        if self.inputs and self.workflow is None:
            raise PydanticCustomError("inputs", "must name a `workflow` to have `inputs`")
        return self


class Build(Model):
    """Something that a person can install or open, of each commit of a pull request of ours."""

    name: Name = Field(description="What it is called on the card.")
    artifact: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="Of Actions: the name of the artifact, or of the file in one; `*` is any text (`*.apk`)."
    )
    deployment: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="Of a deployment: the environment whose address is the preview."
    )
    check: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="Of a check or status: its name (`*` is any text), whose details lead to the preview."
    )
    workflow: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="The file of a workflow that is started on each commit to make the `artifact`."
    )
    screenshots: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="The name of an artifact with PNG or JPEG pictures; `*` is any text."
    )
    expires: int = Field(14, ge=1, le=90, description="Days after which its page and its files go.")

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        if [self.artifact, self.deployment, self.check].count(None) != 2:
            raise PydanticCustomError("source", "must have one of `artifact`, `deployment` and `check`")
        if self.workflow is not None and self.artifact is None:
            raise PydanticCustomError("workflow", "must have an `artifact` for its `workflow`")
        return self


class Slack(Model):
    """What is said in Slack."""

    channels: tuple[Annotated[Text, Field(max_length=80)], ...] = Field(
        (), strict=False, description="Names of the channels in which this repository is meant; `*` is any text."
    )
