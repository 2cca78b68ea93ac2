package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	plugins "github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	repositories "github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/util/cmp"
)

const usage = `usage: argocd-ask match SOCKET REPOSITORY DIRECTORY     whether the plugin takes the application
       argocd-ask generate SOCKET REPOSITORY DIRECTORY  the manifests, as the plugin makes them
       argocd-ask render ADDRESS REQUEST                the manifests, as the repo server makes them;
                                                        REQUEST is a file with a ManifestRequest in JSON`

const answerWithin = 60 * time.Second

// ask asks a server as Argo CD does, and prints the answer as JSON.
func ask(arguments []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	answer, err := answerTo(ctx, arguments)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

func answerTo(ctx context.Context, arguments []string) (any, error) {
	switch {
	case len(arguments) == 4 && arguments[0] == "match":
		return askPlugin(ctx, arguments[1:], match)
	case len(arguments) == 4 && arguments[0] == "generate":
		return askPlugin(ctx, arguments[1:], generate)
	case len(arguments) == 3 && arguments[0] == "render":
		return render(ctx, arguments[1], arguments[2])
	default:
		return nil, errors.New(usage)
	}
}

// application is a directory in a repository, as it is sent to a plugin.
type application struct{ repository, directory string }

func askPlugin(ctx context.Context, arguments []string, question func(context.Context, plugins.ConfigManagementPluginServiceClient, application) (any, error)) (any, error) {
	connection, client, err := plugins.NewConfigManagementPluginClientSet(arguments[0]).NewConfigManagementPluginClient()
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return question(ctx, client, application{repository: arguments[1], directory: arguments[2]})
}

func match(ctx context.Context, client plugins.ConfigManagementPluginServiceClient, app application) (any, error) {
	stream, err := client.MatchRepository(ctx)
	if err != nil {
		return nil, err
	}
	if err := app.send(ctx, stream); err != nil {
		return nil, err
	}
	return stream.CloseAndRecv()
}

func generate(ctx context.Context, client plugins.ConfigManagementPluginServiceClient, app application) (any, error) {
	stream, err := client.GenerateManifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := app.send(ctx, stream); err != nil {
		return nil, err
	}
	return stream.CloseAndRecv()
}

// send streams the repository, as the repo server does for each request.
func (app application) send(ctx context.Context, stream cmp.StreamSender) error {
	directory := filepath.Join(app.repository, app.directory)
	return cmp.SendRepoStream(ctx, directory, app.repository, stream, []string{"ARGOCD_APP_NAME=application"}, nil)
}

func render(ctx context.Context, address, file string) (any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	request := &repositories.ManifestRequest{}
	if err := json.Unmarshal(text, request); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	plain := &repositories.TLSConfiguration{DisableTLS: true}
	connection, err := repositories.NewConnection(address, int(answerWithin.Seconds()), plain)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return repositories.NewRepoServerServiceClient(connection).GenerateManifest(ctx, request)
}
